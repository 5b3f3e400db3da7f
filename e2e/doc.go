// Package e2e has only tests: they use the padsync program as people do, with
// real servers of pads, stores and browsers.
package e2e
