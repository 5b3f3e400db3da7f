// Package e2e has only tests: they use the padsync program as people do, with
// real servers of pads and real stores.
package e2e
