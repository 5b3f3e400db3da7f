// Command instances makes the list of public servers that package discovery
// knows, from a table with the columns host, software and note:
//
//	go run ./internal/instances 2026-11-30 < instances.csv > discovery/known.txt
//
// A server that is gone, or whose documents padsync does not save, is listed as
// such: what is left of its addresses is no document.
package main

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: instances DATE < TABLE")
	}
	if err := write(os.Stdout, os.Stdin, os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

var hostname = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)

func write(w io.Writer, r io.Reader, date string) error {
	table := csv.NewReader(r)
	header, err := table.Read()
	if err != nil {
		return err
	}
	host, software, note := slices.Index(header, "host"), slices.Index(header, "software"), slices.Index(header, "note")
	if min(host, software, note) < 0 {
		return errors.New("a column is missing")
	}
	rows, err := table.ReadAll()
	if err != nil {
		return err
	}
	var lines []string
	for _, row := range rows {
		if name := row[host]; hostname.MatchString(name) {
			lines = append(lines, name+" "+kinds(row[software], row[note]))
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return cmp.Compare(a, b) })
	_, err = fmt.Fprintf(w, "# Public servers, as known on %s; made by internal/instances\n%s\n", date, strings.Join(slices.Compact(lines), "\n"))
	return err
}

// kinds are those of a server's documents.
func kinds(software, note string) string {
	switch {
	case strings.HasPrefix(note, "dead"):
		return "other"
	case strings.Contains(software, "Pollaris"):
		return "pollaris,framadate"
	case strings.HasPrefix(software, "Framadate"):
		return "framadate"
	case strings.HasPrefix(software, "Etherpad") && !strings.Contains(software, "original") && !strings.Contains(software, "Sandstorm") && !strings.Contains(software, "own login"):
		return "etherpad"
	}
	return "other"
}
