package etherpadtest

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
)

func attachment(w http.ResponseWriter, id, format string) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Content-Type", types[format])
	var name []byte // as Latin-1, with no other form beside
	for _, r := range id {
		switch {
		case r == '"' || r == '\\':
			name = append(name, '\\', byte(r))
		case r < ' ' || r > 0xff:
			name = append(name, '?')
		default:
			name = append(name, byte(r))
		}
	}
	w.Header().Set("Content-Disposition", `attachment; filename="`+string(name)+"."+format+`"`)
}

// send sends a whole body, or 304 if the client has it.
func (s *Server) send(w http.ResponseWriter, r *http.Request, body []byte) {
	if etag := s.etag(w, body); etag != "" && r.Header.Get("If-None-Match") == etag {
		w.Header().Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body) // an error is the client's going away
	}
}

func (s *Server) etag(w http.ResponseWriter, body []byte) string {
	if s.options.NoETag {
		return ""
	}
	etag := expressETag(body)
	w.Header().Set("ETag", etag)
	return etag
}

// expressETag is Express's weak ETag.
func expressETag(body []byte) string {
	sum := sha1.Sum(body)
	return fmt.Sprintf(`W/"%x-%s"`, len(body), base64.RawStdEncoding.EncodeToString(sum[:]))
}

func (s *Server) notEnabled(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.send(w, r, []byte("This export is not enabled at this Etherpad instance. Set the path to Abiword"+
		" or soffice (LibreOffice) in settings.json to enable this feature"))
}

func forbidden(w http.ResponseWriter) { page(w, http.StatusForbidden, "403 - Can't touch this") }

func notFound(w http.ResponseWriter, r *http.Request) {
	expressPage(w, http.StatusNotFound, "Cannot "+r.Method+" "+escapeHTML(r.URL.EscapedPath()))
}

func expressPage(w http.ResponseWriter, status int, message string) {
	page(w, status, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n<body>\n<pre>"+
		message+"</pre>\n</body>\n</html>\n")
}

func page(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(body))
}
