package api

import (
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// format is the form of an answer.
type format string

const (
	formatJSON format = "json"
	formatCSV  format = "csv"
	formatXLSX format = "xlsx"

	typeCSV  = "text/csv"
	typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// offers are the formats with their media types, the preferred one first.
var offers = []struct {
	format format
	media  string
}{{formatJSON, typeJSON}, {formatCSV, typeCSV}, {formatXLSX, typeXLSX}}

// shape is the form of an answer with the choices that CSV has.
type shape struct {
	format format
	csv    csvOptions
}

// shape finds the form: format= wins over Accept; 406 when none fits.
func (c *call) shape(p *params) (s shape, err error) {
	s.format = format(p.enum("format", "", string(formatJSON), string(formatCSV), string(formatXLSX)))
	if !p.has("format") {
		var ok bool
		if s.format, ok = negotiate(c.request.Header.Values("Accept")); !ok {
			return s, newProblem("not_acceptable")
		}
	}
	if s.format == formatCSV {
		s.csv.gb18030 = p.enum("encoding", "utf-8", "utf-8", "gb18030") == "gb18030"
		s.csv.zh = p.enum("header", "names", "names", "zh") == "zh"
		return s, nil
	}
	for _, name := range []string{"encoding", "header"} {
		if p.has(name) {
			p.fault("query."+name, "unknown", p.text(name))
		}
	}
	return s, nil
}

// negotiate picks the format that Accept likes most; of equals the one that it
// names more exactly, then the first offered. No Accept: JSON.
func negotiate(accept []string) (format, bool) {
	if len(accept) == 0 {
		return formatJSON, true
	}
	best, bestWeight := formatJSON, 0.0
	for _, offer := range offers {
		if w := weight(accept, offer.media); w > bestWeight {
			best, bestWeight = offer.format, w
		}
	}
	return best, bestWeight > 0
}

// weight is the quality that Accept gives a media type by its most exact range,
// a little more for an exact one; 0 = not wanted.
func weight(accept []string, media string) (w float64) {
	family, _, _ := strings.Cut(media, "/")
	exact := -1
	for _, line := range accept {
		for item := range strings.SplitSeq(line, ",") {
			name, attributes, err := mime.ParseMediaType(item)
			if err != nil {
				continue
			}
			rank := slices.Index([]string{"*/*", family + "/*", media}, name)
			if rank <= exact {
				continue
			}
			exact, w = rank, 1
			if q, ok := attributes["q"]; ok {
				if w, err = strconv.ParseFloat(q, 64); err != nil || w < 0 || w > 1 {
					w = 0
				}
			}
		}
	}
	if w > 0 {
		w += float64(exact) / 10000
	}
	return w
}

// noCache lets a client keep an answer but ask each time whether it holds.
var noCache = []string{"no-cache"}

// tagged answers with JSON under a weak ETag of its bytes, or 304 to a client
// that has them.
func (c *call) tagged(body []byte) error {
	sum := sha256.Sum256(body)
	tag := `W/"` + hex.EncodeToString(sum[:16]) + `"`
	h := c.header()
	h["Etag"] = []string{tag}
	h["Cache-Control"] = noCache
	if matches(c.request.Header.Values("If-None-Match"), tag) {
		c.echo.Response().WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.bytes(http.StatusOK, typeJSON, body)
}

// matches compares entity tags weakly (RFC 9110, 13.1.2).
func matches(header []string, tag string) bool {
	tag = strings.TrimPrefix(tag, "W/")
	for _, line := range header {
		for item := range strings.SplitSeq(line, ",") {
			item = strings.TrimSpace(item)
			if item == "*" || strings.TrimPrefix(item, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// fixed is the address that gives the same figures for ever: the request's own
// with the position filled in.
func (r *reading) fixed(position uint64) string {
	values := make(url.Values, len(r.params.values)+2)
	for name, v := range r.params.values {
		switch name {
		case "min_position", "wait", "limit", "cursor":
		default:
			values[name] = v
		}
	}
	if position > 0 {
		values.Set("position", strconv.FormatUint(position, 10))
	}
	if r.shape.format != formatJSON {
		values.Set("format", string(r.shape.format))
	}
	return r.server.Config.PublicURL + r.request.URL.Path + "?" + values.Encode()
}

// file answers with the table as CSV or XLSX.
func (r *reading) file(t *table, title words, position uint64) error {
	if r.shape.format == formatXLSX && t.rows > maxSheetRows {
		return newProblem("too_many_rows")
	}
	h := r.header()
	name := strings.ReplaceAll(r.list, "/", "-") + "-" + strconv.FormatUint(position, 10) + "." + string(r.shape.format)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Link", "<"+r.fixed(position)+`>; rel="canonical"`)
	h["Cache-Control"] = noCache
	r.reflects(position)
	r.unbounded()
	w := r.echo.Response()
	if r.shape.format == formatCSV {
		h.Set("Content-Type", r.shape.csv.contentType())
		w.WriteHeader(http.StatusOK)
		return t.writeCSV(w, r.shape.csv)
	}
	about, err := r.about(title, position)
	if err != nil {
		return err
	}
	h.Set("Content-Type", typeXLSX)
	w.WriteHeader(http.StatusOK)
	return t.writeXLSX(w, about, r.lang)
}

// about says where a workbook comes from.
func (r *reading) about(title words, position uint64) ([]sheetAbout, error) {
	lines := []sheetAbout{
		{"title", title.In(r.lang)},
		{"url", r.fixed(position)},
	}
	names := make([]string, 0, len(r.params.values))
	for name := range r.params.values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		lines = append(lines, sheetAbout{"filter " + name, strings.Join(r.params.values[name], ",")})
	}
	lines = append(lines, sheetAbout{"position", strconv.FormatUint(position, 10)})
	if position > 0 {
		root, err := r.server.Log.Root(position)
		if err != nil {
			return nil, err
		}
		lines = append(lines, sheetAbout{"root", hex.EncodeToString(root[:])})
	}
	return append(lines,
		sheetAbout{"time", r.server.Clock().UTC().Format(time.RFC3339)},
		sheetAbout{"coverage", r.view.Coverage()},
	), nil
}
