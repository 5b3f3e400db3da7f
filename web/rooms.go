package web

import "net/http"

type serve = func(http.ResponseWriter, *http.Request) error

// routeRooms says what answers for the rooms below the settings, for help and for
// what padsync is.
func (p *page) routeRooms(get, post func(string, serve)) {
	get("/services", p.services)
	get("/mirrors", p.mirrors)
	post("/mirrors/update", p.updateMirrors)
	get("/places", p.placesRoom)
	post("/places/drop", p.dropPlace)
	post("/places/test", p.testPlace)
	post("/places/check", p.checkPlace)
	get("/keys", p.keysRoom)
	get("/schedule", p.schedule)
	post("/schedule", p.changeSchedule)
	get("/settings", p.settingsRoom)
	post("/settings", p.changeSettings)
	get("/help", p.help)
	get("/about", p.about)
}
