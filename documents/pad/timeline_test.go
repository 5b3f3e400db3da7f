package pad

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestDaysCountEditsByAuthor(t *testing.T) {
	zone := time.FixedZone("east", 3600)
	var export strings.Builder
	export.WriteString(`{"pad:x":{"atext":{"text":"\n","attribs":"|1+1"},"head":6},"globalAuthor:a.x":{"name":"Zoé"},"globalAuthor:a.y":{}`)
	for i, r := range []struct{ author, time string }{
		{"", "2026-11-20T22:59:59Z"}, {"a.x", "2026-11-20T23:00:00Z"}, {"a.x", "2026-11-21T10:00:00Z"}, {"a.y", "2026-11-21T10:00:01Z"},
		{"a.stranger", "2026-11-21T22:59:59Z"}, {"a.x", "2026-11-22T22:00:00Z"}, {"a.y", ""},
	} {
		at, _ := time.Parse(time.RFC3339, r.time)
		fmt.Fprintf(&export, `,"pad:x:revs:%d":{"changeset":"Z:1>0$","meta":{"author":%q,"timestamp":%d}}`, i, r.author, max(0, at.UnixMilli()))
	}
	var got []string
	for d, err := range open(t, []byte(export.String()+"}")).Days(zone) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %d-%d %v", d.Date.Format(time.DateTime), d.First, d.Last, d.Edits))
	}
	want := []string{"2026-11-20 00:00:00 0-0 map[:1]", "2026-11-21 00:00:00 1-4 map[:1 a.x:2 a.y:1]", "2026-11-22 00:00:00 5-5 map[a.x:1]", "0001-01-01 00:00:00 6-6 map[a.y:1]"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Error(strings.Join(got, "\n"))
	}
}

func TestDaysWithoutARevisionThatIsNone(t *testing.T) {
	p := open(t, []byte(`{"pad:x":{"atext":{"text":"\n","attribs":"|1+1"},"head":1},"pad:x:revs:0":7,"pad:x:revs:1":{"changeset":"Z:1>0$"}}`))
	for d, err := range p.Days(time.UTC) {
		if err != nil || d.First != 1 || d.Last != 1 {
			t.Errorf("%v, %v", d, err)
		}
	}
}
