package web

import "net/http"

// A task is something that somebody wants to do, in a few sentences, with links into
// the page.
type task struct {
	ID, Title string
	Said      []string
	Links     []taskLink
}

type taskLink struct{ Word, To string }

// help has tasks, not features.
func (p *page) help(w http.ResponseWriter, r *http.Request) error {
	t := p.Words.Text
	tasks := []task{
		{"lost", t("web-help-lost"), []string{t("web-help-lost-1"), t("web-help-lost-2")}, []taskLink{{"web-search", "/search"}, {"web-documents", "/documents"}}},
		{"gone", t("web-help-gone"), []string{t("web-help-gone-1"), t("web-help-gone-2")}, []taskLink{{"web-help-to-gone", "/documents?part=look"}}},
		{"suspect", t("web-help-suspect"), []string{t("web-help-suspect-1"), t("web-help-suspect-2")}, []taskLink{{"web-help-to-gone", "/documents?part=look"}}},
		{"first", t("web-help-first"), []string{t("web-help-first-1")}, []taskLink{{"web-welcome", "/welcome"}}},
		{"add", t("web-help-add"), []string{t("web-help-add-1")}, []taskLink{{"web-help-to-add", "/add"}}},
		{"night", t("web-help-night"), []string{t("web-help-night-1"), t("web-help-night-2")}, []taskLink{{"web-schedule-title", "/schedule"}}},
		{"fails", t("web-help-fails"), []string{t("web-help-fails-1")}, []taskLink{{"web-runs", "/runs?failed=1"}, {"web-service-title", "/services"}}},
		{"computer", t("web-help-computer"), []string{t("web-help-computer-1"), t("web-help-computer-2")}, []taskLink{{"web-help-to-places", "/places"}}},
		{"key", t("web-help-key"), []string{t("web-help-key-1"), t("web-help-key-2")}, []taskLink{{"web-keys-title", "/keys"}}},
		{"share", t("web-help-share"), []string{t("web-help-share-1"), t("web-help-share-2")}, []taskLink{{"web-mirror-title", "/mirrors"}, {"web-keys-title", "/keys"}}},
		{"stop", t("web-help-stop"), []string{t("web-help-stop-1")}, []taskLink{{"web-documents", "/documents"}}},
	}
	return p.show(w, r, http.StatusOK, "help", view{Title: t("web-help"), Section: "help", Of: struct{ Tasks []task }{tasks}})
}
