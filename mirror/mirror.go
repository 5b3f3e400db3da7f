// Package mirror keeps pages of what is saved in a place where people open them.
package mirror
