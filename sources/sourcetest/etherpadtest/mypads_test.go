package etherpadtest_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// TestMyPadsAnswersAsRecorded makes the account, groups and pads that were
// recorded, and compares both answers but for what is another in each run.
func TestMyPadsAnswersAsRecorded(t *testing.T) {
	read := func(name string) (b []byte) {
		b, err := fs.ReadFile(recorded(t), "mypads/"+name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var login struct {
		User struct {
			ID, Login, Email string
			Ctime            int64
		}
	}
	decode(t, []byte(strings.Replace(string(read("login.json")), `"_id"`, `"id"`, 1)), &login)
	server := etherpadtest.New(etherpadtest.Options{MyPads: true})
	marie := login.User
	server.AddAccount(etherpadtest.Account{ID: marie.ID, Login: marie.Login, Password: "p:é", Email: marie.Email, Created: marie.Ctime})

	var list struct {
		Value struct {
			Groups map[string]struct {
				Name       string
				Visibility etherpadtest.Visibility
				Admins     []string
				Ctime      int64
			}
			Pads map[string]struct {
				Name, Group string
				Ctime       int64
			}
		}
	}
	decode(t, read("group.json"), &list)
	for id, g := range list.Value.Groups {
		server.AddGroup(etherpadtest.Group{ID: id, Name: g.Name, Visibility: g.Visibility, Admins: g.Admins, Created: g.Ctime})
	}
	for id, p := range list.Value.Pads {
		server.Create(id, "text").Adopt(etherpadtest.Member{Name: p.Name, Group: p.Group, Created: p.Ctime})
	}

	got := logIn(t, server, `{"login":"marie","password":"p:é"}`, http.StatusOK)
	want := object(t, read("login.json"))
	token := got["token"].(string)
	if len(strings.Split(token, ".")) != 3 || !strings.HasPrefix(want["token"].(string), token[:40]) {
		t.Errorf("the token %q is none", token)
	}
	for _, o := range []map[string]any{got, want} {
		delete(o, "token")
		delete(o["user"].(map[string]any), "key")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("login (-recorded +ours):\n%s", diff)
	}
	groups := get(server, "/mypads/api/group?auth_token="+token).Body.Bytes()
	if diff := cmp.Diff(object(t, read("group.json")), object(t, groups)); diff != "" {
		t.Errorf("groups (-recorded +ours):\n%s", diff)
	}
}

func object(t *testing.T, b []byte) (o map[string]any) {
	t.Helper()
	decode(t, b, &o)
	return o
}

func logIn(t *testing.T, h http.Handler, form string, status int) map[string]any {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/mypads/api/auth/login", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != status {
		t.Errorf("login with %s: status %d, want %d", form, w.Code, status)
	}
	return object(t, w.Body.Bytes())
}

// TestMyPadsShowsPadsToWhomItDoes: the facts that were observed.
func TestMyPadsShowsPadsToWhomItDoes(t *testing.T) {
	const restricted, private, public, archived = "cr-restricted", "cr-private", "cr-public", "cr-archived"
	setUp := func(o etherpadtest.Options) *etherpadtest.Server {
		o.MyPads = true
		server := etherpadtest.New(o)
		for _, login := range []string{"marie", "ann", "eve"} {
			server.AddAccount(etherpadtest.Account{ID: login + "-1", Login: login, Password: "secret"})
		}
		for id, v := range map[string]etherpadtest.Visibility{restricted: etherpadtest.Restricted, private: etherpadtest.Private, public: etherpadtest.Public, archived: etherpadtest.Public} {
			server.AddGroup(etherpadtest.Group{ID: "g-" + id, Visibility: v, Password: "p:é", Admins: []string{"marie-1"}, Users: []string{"ann-1"}, ReadOnly: id == archived})
			server.Create(id, "text").Adopt(etherpadtest.Member{Name: id, Group: "g-" + id})
		}
		server.Create("plain", "text")
		server.Create("été", "text")
		return server
	}
	server := setUp(etherpadtest.Options{})
	old, tokens := server.LogIn("marie"), map[string]string{"": "", "garbage": "garbage"}
	for _, login := range []string{"marie", "ann", "eve"} {
		tokens[login] = server.LogIn(login)
	}
	tokens["old"] = old
	const password = "&mypadspassword=cDrDqQ%3D%3D"
	for _, c := range []struct {
		pad, as, more string
		want          int
	}{
		{restricted, "marie", "", 200}, {restricted, "ann", "", 200}, {restricted, "eve", "", 302}, {restricted, "", "", 302},
		{restricted, "old", "", 302}, {restricted, "garbage", "", 302},
		{private, "marie", "", 200}, {private, "ann", "", 302}, {private, "eve", password, 200}, {private, "", password, 200},
		{private, "", "&mypadspassword=p%3A%C3%A9", 302}, {private, "", "&mypadspassword=eA%3D%3D", 302},
		{public, "", "", 200}, {public, "eve", "", 200}, {"plain", "", "", 200}, {"été", "marie", "", 200}, {"absent", "", "", 404},
	} {
		got := get(server, "/p/"+c.pad+"/export/etherpad?auth_token="+tokens[c.as]+c.more)
		if got.Code != c.want {
			t.Errorf("%s as %q%s: status %d, want %d", c.pad, c.as, c.more, got.Code, c.want)
		}
		if location := got.Header().Get("Location"); c.want == 302 && location != "/mypads/index.html?/mypads/group/g-"+c.pad+"/pad/view/"+c.pad {
			t.Errorf("%s: sent to %q", c.pad, location)
		}
	}
	for _, format := range []string{"etherpad", "txt", "html", "pdf"} {
		got := get(server, "/p/"+archived+"/export/"+format)
		if got.Code != 200 || got.Header().Get("Content-Disposition") != "" || got.Body.String() != "<!DOCTYPE HTML><html><body>text<br></body></html>" {
			t.Errorf("an archived pad as %s: %d %q", format, got.Code, got.Body)
		}
	}
	for token, want := range map[string]int{tokens["marie"]: 200, old: 500, "garbage": 401, "": 401} {
		if got := get(server, "/mypads/api/group?auth_token="+token); got.Code != want {
			t.Errorf("list: status %d, want %d", got.Code, want)
		}
	}
	if server.Restart(); get(server, "/mypads/api/group?auth_token="+tokens["marie"]).Code != 401 {
		t.Error("a token outlives the process")
	}
	for form, word := range map[string]string{
		`{"login":"marie","password":"wrong"}`: "AUTHENTICATION.PASSWORD_INCORRECT",
		`{"login":"nobody","password":"x"}`:    "USER.NOT_FOUND", `{}`: "USER.NOT_FOUND", `x`: "TYPE.PASSWORD_STR",
	} {
		if got := logIn(t, server, form, 400); got["error"] != "BACKEND.ERROR."+word {
			t.Errorf("%s: %v", form, got)
		}
	}

	only := setUp(etherpadtest.Options{OnlyMyPads: true})
	for pad, want := range map[string]int{"plain": 401, "absent": 401, "%C3%A9t%C3%A9": 200, "%C3%A9": 404, public: 200} {
		if got := get(only, "/p/"+pad+"/export/etherpad"); got.Code != want {
			t.Errorf("%s where all pads are in groups: status %d, want %d", pad, got.Code, want)
		}
	}
	if got := get(only, "/p/plain/export/txt").Body.String(); got != `{"error":"BACKEND.ERROR.PERMISSION.UNEXPECTED"}` {
		t.Errorf("refused with %s", got)
	}
}

// TestMyPadsDiesOfWhatItWasSeenToDieOf: a member's token together with a
// password, where the pad has none of its own.
func TestMyPadsDiesOfWhatItWasSeenToDieOf(t *testing.T) {
	const password, other = "&mypadspassword=Z3JvdXA%3D", "&mypadspassword=b3du"
	for _, c := range []struct {
		pad, as, password string
		want              int // 0: it dies
	}{
		{"pad", "ann", password, 0}, {"pad", "ann", other, 0}, {"pad", "ann", "", 302},
		{"pad", "marie", password, 200}, {"pad", "eve", password, 200}, {"pad", "eve", other, 302}, {"pad", "", password, 200},
		{"own", "ann", other, 200}, {"own", "ann", password, 302}, {"own", "", password, 302}, {"own", "", other, 200},
		{"was-private", "ann", other, 200}, {"was-private", "ann", password, 302}, {"was-private", "", password, 200},
	} {
		died := 0
		server := etherpadtest.New(etherpadtest.Options{MyPads: true, Died: func() { died++ }})
		server.AddGroup(etherpadtest.Group{ID: "g", Visibility: etherpadtest.Private, Password: "group", Admins: []string{"marie-1"}, Users: []string{"ann-1"}})
		tokens := map[string]string{"": ""}
		for _, login := range []string{"marie", "ann", "eve"} {
			server.AddAccount(etherpadtest.Account{ID: login + "-1", Login: login})
			tokens[login] = server.LogIn(login)
		}
		server.Create("pad", "text").Adopt(etherpadtest.Member{Group: "g"})
		server.Create("own", "text").Adopt(etherpadtest.Member{Group: "g", Visibility: etherpadtest.Private, Password: "own"})
		server.Create("was-private", "text").Adopt(etherpadtest.Member{Group: "g", Password: "own"})
		ask := func(address string) (status int) {
			defer func() { _ = recover() }()
			return get(server, address).Code
		}
		got := ask("/p/" + c.pad + "/export/etherpad?auth_token=" + tokens[c.as] + c.password)
		if got != c.want || (c.want == 0) != (died == 1) || server.Deaths() != died {
			t.Errorf("%s as %q%s: status %d, %d deaths", c.pad, c.as, c.password, got, died)
		}
		if again := ask("/p/own/export/txt" + "?" + other); (again == 0) != (c.want == 0) {
			t.Errorf("%s as %q%s: %d afterwards", c.pad, c.as, c.password, again)
		}
		if server.Restart(); ask("/p/own/export/txt?"+other) != 200 {
			t.Error("it cannot be started again")
		}
	}
}

func TestMyPadsListsAnAccountsGroups(t *testing.T) {
	server := etherpadtest.New(etherpadtest.Options{MyPads: true})
	server.AddAccount(etherpadtest.Account{ID: "ann-1", Login: "ann", Password: "secret"})
	server.AddGroup(etherpadtest.Group{ID: "g-1", Users: []string{"ann-1"}})
	server.AddGroup(etherpadtest.Group{ID: "g-2", Visibility: etherpadtest.Public, Admins: []string{"eve-1"}})
	for pad, group := range map[string]string{"a": "g-1", "b": "g-1", "c": "g-2"} {
		server.Create(pad, "text").Adopt(etherpadtest.Member{Group: group, Password: "hunter2"})
	}
	server.Delete("b")
	b := get(server, "/mypads/api/group?auth_token="+server.LogIn("ann")).Body.Bytes()
	var got struct {
		Value struct{ Groups, Pads map[string]json.RawMessage }
	}
	decode(t, b, &got)
	if g, p := slices.Collect(maps.Keys(got.Value.Groups)), slices.Collect(maps.Keys(got.Value.Pads)); !slices.Equal(g, []string{"g-1"}) || !slices.Equal(p, []string{"a"}) {
		t.Errorf("groups %q, pads %q", g, p)
	}
	if strings.Contains(string(b), "hunter2") {
		t.Error("passwords are not left out")
	}
}
