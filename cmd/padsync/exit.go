package main

import (
	"strconv"

	"github.com/padsync/padsync/internal/message"
)

// The exit codes; scripts rely on them.
const (
	exitDone        = 0
	exitFailed      = 1 // a repository could not be written or read, nothing to work on
	exitUsage       = 2 // usage or configuration
	exitIncomplete  = 3 // some documents failed, or are newly missing or suspect
	exitInterrupted = 130
)

// exitTexts explain the codes to people.
var exitTexts = []struct {
	code int
	id   string
}{
	{exitDone, "exit-done"},
	{exitFailed, "exit-failed"},
	{exitUsage, "exit-usage"},
	{exitIncomplete, "exit-incomplete"},
	{exitInterrupted, "exit-interrupted"},
}

// exitRows are the codes and what they mean.
func (a *app) exitRows() (rows [][2]string) {
	for _, row := range exitTexts {
		rows = append(rows, [2]string{strconv.Itoa(row.code), a.text(row.id)})
	}
	return rows
}

// exitText is what a code means.
func (a *app) exitText(code int) string {
	for _, row := range exitTexts {
		if row.code == code {
			return a.text(row.id)
		}
	}
	return ""
}

// exitCodes are what the classes of errors mean for scripts.
var exitCodes = map[message.Class]int{
	message.Unclassed: exitFailed, message.Failed: exitFailed, message.Usage: exitUsage, message.Incomplete: exitIncomplete, message.Interrupted: exitInterrupted,
}

func (a *app) exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	return exitCodes[a.words.ClassOf(err)]
}
