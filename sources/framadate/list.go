package framadate

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/padsync/padsync/internal/webpage"
	"github.com/padsync/padsync/sources"
)

// maxPolls and maxPages bound a list: Framadate has 30 polls on a page, and a
// server that always has one more page is not asked a million times.
const (
	maxPolls = 1_000_000
	maxPages = maxPolls/30 + 1
)

// readings is how often a list is read that changes meanwhile.
const readings = 3

// List implements sources.Lister with the page of Framadate's administration
// that lists all polls, which the server should show to operators only. It
// remembers their admin links, so that Fetch sees what those show.
//
// What is created or deleted meanwhile moves later polls to other pages, which
// may hide one. So the list is then read again, and if it always changes, the
// polls of all readings are given.
func (s *Source) List(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		all := make(map[string]bool)
		for range readings {
			polls, steady, err := s.readList(ctx)
			if err != nil {
				yield("", fmt.Errorf("list of polls: %w", err))
				return
			}
			if steady {
				all = polls
				break
			}
			maps.Copy(all, polls)
		}
		for id := range all {
			if !yield(id, nil) {
				return
			}
		}
	}
}

// readList reads all pages, and says whether the list stayed the same.
func (s *Source) readList(ctx context.Context) (polls map[string]bool, steady bool, err error) {
	polls = make(map[string]bool)
	total := 0
	for number := 1; number <= s.maxPages && len(polls) <= maxPolls; number++ {
		p, err := s.fetchList(ctx, number)
		if err != nil {
			return nil, false, err
		}
		before := len(polls)
		for id, admin := range p.admins {
			polls[id] = true
			s.remember(id, admin)
		}
		steady = number == 1 || steady && p.total == total
		total = p.total
		if len(polls) == before {
			return polls, steady && (total == 0 || total == len(polls)), nil
		}
	}
	return nil, false, fmt.Errorf("%w: the list does not end", sources.ErrRefused)
}

func (s *Source) remember(id, admin string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.admins[id] = admin
}

// best is the admin locator of a poll that was listed, or else l.
func (s *Source) best(l locator) locator {
	s.mu.Lock()
	defer s.mu.Unlock()
	if admin, ok := s.admins[l.key]; ok && !l.admin {
		return locator{admin, true}
	}
	return l
}

func (s *Source) fetchList(ctx context.Context, number int) (p *listPage, err error) {
	err = s.send(ctx, "admin/polls.php?page="+strconv.Itoa(number)+"&lang=fr", nil, func(resp *http.Response) error {
		body, err := s.receivePage(resp)
		if err != nil {
			return err
		}
		defer body.Close()
		if p, err = parseList(io.NewSectionReader(body, 0, body.Size())); err != nil {
			return recognized(resp, body, err)
		}
		return nil
	})
	return p, err
}

// A listPage is a page of the list of polls.
type listPage struct {
	admins map[string]string // admin ids by public ids
	total  int               // of polls on all pages; 0: not known
}

var firstNumber = regexp.MustCompile(`^\s*(\d{1,9})\b`)

// parseList reads a page of the list. Each poll's row has its id in a button
// that would delete the poll, and a link to its admin page.
func parseList(r io.Reader) (*listPage, error) {
	root, err := webpage.Parse(r)
	if err != nil {
		return nil, fmt.Errorf("%w: not a page: %w", sources.ErrRefused, err)
	}
	table := goquery.NewDocumentFromNode(root).Find("form table.table-polls")
	if table.Length() != 1 {
		return nil, fmt.Errorf("%w: not the list of polls", sources.ErrRefused)
	}
	p := &listPage{admins: make(map[string]string)}
	table.Find("tr").Each(func(_ int, row *goquery.Selection) {
		id := attr(row, `button[name="delete_poll"]`, "value")
		row.Find("a[href]").Each(func(_ int, a *goquery.Selection) {
			link, err := ParseAddress(a.AttrOr("href", ""))
			if err == nil && link.Admin != "" && publicID.MatchString(id) {
				p.admins[strings.Clone(id)] = strings.Clone(link.Admin)
			}
		})
	})
	heading := table.Closest(".panel-default").ChildrenFiltered(".panel-heading").First()
	if m := firstNumber.FindStringSubmatch(heading.Text()); m != nil {
		p.total, err = strconv.Atoi(m[1])
	}
	return p, err
}
