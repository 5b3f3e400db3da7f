package pollaris

import (
	"errors"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources"
)

const (
	hexID = "0123456789abcdef0123"
	token = "fedcba98765432100123"
	vote  = "297ae4ca2c25fc6f4c75"
)

func TestAnyAddressOfAPollLeadsToIt(t *testing.T) {
	admin := Address{Base: "https://poll.example.org", Slug: hexID, ID: hexID, Token: token, Certain: true}
	public := func(slug string) Address { return Address{Base: "https://poll.example.org", Slug: slug} }
	ofVote := public(hexID)
	ofVote.Certain = true
	below := public("a")
	below.Base = "https://example.org/sub"
	for path, want := range map[string]Address{
		"/polls/" + hexID: public(hexID), "/polls/My-slug_1": public("My-slug_1"), "/polls/My-slug_1/": public("My-slug_1"),
		"/polls/My-slug_1.csv": public("My-slug_1"), "/polls/My-slug_1/authenticate": public("My-slug_1"),
		"/polls/My-slug_1?x=1#comment-3": public("My-slug_1"), "/index.php/polls/a": public("a"), "//polls//a": public("a"),
		"/polls/new.csv": public("new"), "/polls/polls": public("polls"), "/polls/admin": public("admin"),
		"/polls/" + hexID + "/votes/" + vote + "/edit#poll": ofVote, "/polls/" + hexID + "/votes/" + vote: ofVote,
		"/polls/" + hexID + "/" + token + "/admin": admin, "/polls/" + hexID + "/" + token + "/admin/": admin,
		"/polls/" + hexID + "/" + token + "/edit": admin, "/polls/" + hexID + "/" + token + "/deletion": admin,
		"/polls/" + hexID + "/" + token + "/summary?flow=on":               admin,
		"/polls/" + hexID + "/" + token + "/votes/" + vote + "/deletion":   admin,
		"/index.php/polls/" + hexID + "/" + token + "/comments/1/deletion": admin,
	} {
		if got, err := ParseAddress("https://Poll.example.org:443" + path); got != want || err != nil {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
	if got, err := ParseAddress("https://example.org/sub/index.php/polls/a"); got != below || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatIsNoPollsAddressIsRefusedWithoutRepeatingIt(t *testing.T) {
	for _, path := range []string{
		"", "/", "/polls", "/polls/", "/polls/new", "/polls/new?type=date", "/polls/choose", "/my", "/preferences", "/login", "/admin?page=2",
		"/polls/a.json", "/polls/a.ics", "/polls/.csv", "/polls/a/b", "/polls/a/b/admin", "/polls/" + hexID + "/" + strings.ToUpper(token) + "/admin",
		"/polls/" + hexID + "/" + token, "/polls/a%2Fb", "/polls/" + strings.Repeat("a", 65), "/polls/é", "/p/pad", "/" + hexID + "/" + token + "/admin",
		"/polls/" + hexID + "/votes/x/edit",
	} {
		if got, err := ParseAddress("https://secret.example.net" + path); !errors.Is(err, sources.ErrAddress) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
	for _, raw := range []string{"polls/a", "ftp://x/polls/a", "mailto:polls/a", "https:///polls/a", "http://[::1/polls/a", "https://a b/polls/a"} {
		if got, err := ParseAddress(raw); !errors.Is(err, sources.ErrAddress) {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, path := range []string{"polls/a", "polls/new.csv", "index.php/polls/" + hexID + "/" + token + "/admin", "polls/" + hexID + "/votes/" + vote + "/edit"} {
		f.Add("https://poll.example.org/" + path)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		a, err := ParseAddress(raw)
		if err != nil {
			return
		}
		if l, err := parseLocator(a.Locator()); err != nil || l.String() != a.Locator() {
			t.Errorf("locator %q: %+v, %v", a.Locator(), l, err)
		}
		again, err := ParseAddress(a.Base + "/polls/" + strings.TrimSuffix(a.Locator(), "") + map[bool]string{true: ".csv"}[a.Token == "" && wizard(a.Slug)])
		if err != nil || again.Base != a.Base || again.Locator() != a.Locator() {
			t.Errorf("%+v is read as %+v, %v", a, again, err)
		}
	})
}
