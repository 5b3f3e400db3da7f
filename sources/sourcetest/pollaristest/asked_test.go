package pollaristest

import (
	"net/http"
	"testing"
)

func TestWhatPadsyncMayNeverSendIsTold(t *testing.T) {
	var told []string
	s := New(Options{Now: then, Prefix: "/sub", Unasked: func(r string) { told = append(told, r) }})
	s.Put(garden())
	v := visitor(t, s)
	const (
		open  = "poll_authentication[password]=x&poll_authentication[_token]=y"
		login = "_username=x&_password=y&_csrf_token=z"
		vote  = "vote[authorName]=x&vote[_token]=y"
	)
	for _, c := range []struct {
		method, address, body string
		asked                 bool
	}{
		{"GET", "/robots.txt", "", true},
		{"GET", "/preferences", "", true},
		{"GET", "/studs.php?poll=AexK1bhSlKn9HA8Y&lang=fr", "", true}, // before it is known that this is no Framadate
		{"GET", secretID, "", true},
		{"GET", secretID + ".csv", "", true},
		{"GET", secretID + "/authenticate", "", true},
		{"POST", secretID + "/authenticate", open, true},
		{"GET", adminOf + "/admin", "", true},
		{"GET", adminOf + "/slots", "", true},
		{"GET", "/admin?page=2", "", true},
		{"POST", "/login", login, true},
		{"GET", secretID + "/", "", false},
		{"GET", secretID + "?display=table", "", false},
		{"GET", "/index.php" + secretID, "", false},
		{"GET", secretID + "/votes/297ae4ca2c25fc6f4c75/edit", "", false},
		{"GET", adminOf + "/deletion", "", false},
		{"GET", adminOf + "/summary", "", false},
		{"GET", "/logout", "", false},
		{"POST", adminOf + "/admin", "", false},
		{"POST", adminOf + "/deletion", "poll_deletion[_token]=x", false},
		{"POST", adminOf + "/votes/297ae4ca2c25fc6f4c75/deletion", "_csrf_token=x", false},
		{"POST", adminOf + "/edit", "poll[title]=x&poll[_token]=y", false},
		{"POST", adminOf + "/summary?flow=on", "poll_summary[_token]=x", false},
		{"POST", "/preferences", "preferences[locale]=fr_FR", false},
		{"POST", "/my", "my_polls[email]=x", false},
		{"POST", secretID, vote, false},
		{"POST", secretID + "/authenticate", open + "&more=z", false},
		{"PUT", secretID, "", false},
		{"HEAD", secretID, "", false},
	} {
		told = nil
		v.do(c.method, "/sub"+c.address, c.body)
		if asked := len(told) == 0; asked != c.asked {
			t.Errorf("%s %s %s: told %q", c.method, c.address, c.body, told)
		}
	}
	v.language = "fr"
	if told = nil; v.get("/sub"+secretID).Code != 200 || len(told) != 1 {
		t.Error("a request in French is not told of")
	}
}

func TestImportingMayMakeAndFillAPollAndNoMore(t *testing.T) {
	told := 0
	s := New(Options{Now: then, Importing: true, Unasked: func(string) { told++ }})
	s.Put(garden())
	v := visitor(t, s)
	admin := started(t, v, "date")
	v.send(admin+"/dates?flow=on", "poll_dates", "poll_dates[dates][0][value]", "2026-10-25")
	v.send(admin+"/slots?flow=on", "poll_slots", "poll_slots[dates][0][proposals][0][label]", "9h")
	v.send(admin+"/settings", "poll_settings", "poll_settings[slug]", "x")
	v.send(admin+"/summary?flow=on", "poll_summary")
	v.get(admin + "/complete?flow=on")
	v.send("/polls/x", "vote", "vote[authorName]", "Eve")
	v.send("/polls/x", "comment", "comment[authorName]", "Eve", "comment[content]", "Hi")
	v.send(admin+"/edit", "poll", "poll[title]", "Picnic", "poll[authorName]", "Ada")
	if told != 0 {
		t.Errorf("%d were told of", told)
	}
	for _, c := range [][2]string{
		{adminOf + "/deletion", "poll_deletion[_token]=x"}, {adminOf + "/votes/297ae4ca2c25fc6f4c75/deletion", "_csrf_token=x"},
		{secretID + "/votes/297ae4ca2c25fc6f4c75/edit", "vote[authorName]=x&vote[_token]=y"}, {"/preferences", "preferences[locale]=fr_FR"},
		{secretID, "vote[_token]=y&vote[authorName]=x"}, // a token that is not last is not cut
		{secretID, "vote[authorName]=x&comment[content]=z&vote[_token]=y"},
	} {
		told = 0
		if v.do(http.MethodPost, c[0], c[1]); told != 1 {
			t.Errorf("%s %s is not told of", c[0], c[1])
		}
	}
}
