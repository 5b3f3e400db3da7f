package framadate

import (
	"errors"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources"
)

const (
	pub    = "AbCdEf1234567890"
	adm    = "AbCdEf1234567890hU2FZVuG"
	server = "https://polls.example.org"
)

func TestEveryFormOfAnAddressIsReducedToThePoll(t *testing.T) {
	one := Address{Base: server, ID: pub, Certain: true}
	asAdmin := Address{Base: server, ID: pub, Admin: adm, Certain: true}
	below := Address{Base: server + "/a/b", ID: pub, Certain: true}
	belowAdmin := Address{Base: server + "/a/b", ID: pub, Admin: adm, Certain: true}
	for raw, want := range map[string]Address{
		server + "/studs.php?poll=" + pub:                               one,
		server + "/studs.php?lang=en&poll=" + pub + "#comments":         one,
		server + "/studs.php?poll=" + pub + "&vote=c1FnVc2SVLRO8nRU":    one,
		server + "/studs.php?poll=" + pub + "&vote_id=7":                one,
		server + "/studs.php?sondage=" + pub:                            one,
		server + "/exportcsv.php?poll=" + pub:                           one,
		server + "/exportcsv.php?numsondage=" + pub:                     one,
		server + "/" + pub + "/vote/c1FnVc2SVLRO8nRU#edit":              one,
		server + "/" + pub + "/action/get_ical_file/MTEtMDEtMjAyN3wwOQ": one,
		"HTTPS://me:secret@Polls.Example.org:443/studs.php?poll=" + pub: one,
		server + "/a/b/studs.php?poll=" + pub:                           below,
		server + "//a//b/" + pub + "/vote/c1FnVc2SVLRO8nRU":             below,

		server + "/" + adm + "/admin":                                         asAdmin,
		server + "/" + adm + "/admin/":                                        asAdmin,
		server + "/" + adm + "/admin/vote/c1FnVc2SVLRO8nRU#edit":              asAdmin,
		server + "/" + adm + "/admin/action/add_column":                       asAdmin,
		server + "/" + adm + "/admin/action/delete_column/MTc5OTYyMjAwMEAwOQ": asAdmin,
		server + "/" + adm + "/admin/action/delete_vote/MQ":                   asAdmin,
		server + "/adminstuds.php?poll=" + adm:                                asAdmin,
		server + "/adminstuds.php?sondage=" + adm:                             asAdmin,
		server + "/adminstuds.php?poll=" + adm + "&delete_column=MTc5OTYyMg":  asAdmin,
		server + "/exportcsv.php?admin=" + adm:                                asAdmin,
		server + "/a/b/" + adm + "/admin":                                     belowAdmin,

		server + "/" + pub:                        {Base: server, ID: pub},
		server + "/" + pub + "/?lang=fr#comments": {Base: server, ID: pub},
		server + "/a/b/" + pub:                    {Base: server + "/a/b", ID: pub},
		server + "/AG-2027-Asso":                  {Base: server, ID: "AG-2027-Asso"},
		server + "/" + adm:                        {Base: server, ID: adm}, // a public id may have 24 characters
		"https://framadate.org/" + pub:            {Base: "https://framadate.org", ID: pub, Certain: true},
		"https://framadate.org/fr":                {Base: "https://framadate.org", ID: "fr"},
		"http://été.example/" + pub:               {Base: "http://xn--t-9fab.example", ID: pub},
	} {
		got, err := ParseAddress(raw)
		if err != nil || got != want {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", raw, got, err, want)
		}
	}
}

func TestWhatIsNoPollIsAnErrorThatSaysWhatWasExpected(t *testing.T) {
	for _, raw := range []string{
		"", "secret", server, server + "/", server + "/create_poll.php?type=date", server + "/create_date_poll.php", server + "/find_polls.php",
		server + "/index.php", server + "/admin/polls.php", server + "/admin/", server + "/maintenance.php", server + "/?lang=secret",
		server + "/studs.php", server + "/studs.php?poll=", server + "/studs.php?poll=a%20b_c", server + "/studs.php?poll=../secret",
		server + "/adminstuds.php?poll=" + pub, server + "/" + pub + "/admin", server + "/exportcsv.php?admin=secret",
		server + "/secret_name", server + "/" + strings.Repeat("a", 65), server + "/%2e%2e", server + "/secret.html",
		"ftp://polls.example.org/" + pub, "mailto:secret@example.org", "https:///" + pub,
	} {
		got, err := ParseAddress(raw)
		if !errors.Is(err, sources.ErrAddress) {
			t.Errorf("%s: %+v, %v", raw, got, err)
		} else if strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "looks like") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestLocatorTellsPublicFromAdmin(t *testing.T) {
	if got := (Address{ID: pub}).Locator(); got != pub {
		t.Error(got)
	}
	if got := (Address{ID: pub, Admin: adm}).Locator(); got != adm+"/admin" {
		t.Error(got)
	}
	if got := (Address{Base: server, ID: pub, Admin: adm}).URL(); got != server+"/studs.php?poll="+pub {
		t.Error(got)
	}
}
