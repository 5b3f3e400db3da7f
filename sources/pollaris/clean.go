package pollaris

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/polls"
)

// nobodys stands in for an id or a token that was replaced.
const nobodys = "00000000000000000000"

var (
	voteLink   = regexp.MustCompile(`(/votes/)[0-9a-f]{20}\b`)
	tokenField = regexp.MustCompile(`(?i)\bname\s*=\s*["']?[^"'\s>]*token\]?["'\s/>]`)
	valueField = regexp.MustCompile(`(?is)(\bvalue\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)`)
)

// cleaned is a page that an admin's session was shown, with the admin token, the
// links to change votes and the tokens of forms replaced: what it shows stays.
func (s *Source) cleaned(body *spool.Spool, l locator) (*spool.Spool, error) {
	var out bytes.Buffer
	z := html.NewTokenizer(io.NewSectionReader(body, 0, body.Size()))
	z.SetMaxBuf(polls.MaxBody)
	for z.Next() != html.ErrorToken {
		raw := string(z.Raw())
		if strings.HasPrefix(raw, "<") && tokenField.MatchString(raw) {
			raw = valueField.ReplaceAllString(raw, `${1}""`)
		}
		out.WriteString(raw)
	}
	if !errors.Is(z.Err(), io.EOF) {
		return nil, fmt.Errorf("%w: a page that cannot be made safe", sources.ErrRefused)
	}
	page := bytes.ReplaceAll(out.Bytes(), []byte(l.token), []byte(nobodys))
	page = voteLink.ReplaceAll(page, []byte("${1}"+nobodys))
	kept, err := s.pool.Receive(bytes.NewReader(page), 2*polls.MaxBody)
	if err != nil {
		return nil, fmt.Errorf("keep page: %w", err)
	}
	return kept, nil
}
