package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// routeReading registers the read endpoints over projections (API.md 3 and 6).
func (s *Server) routeReading(r *router) {
	for _, e := range readings() {
		doc := about("reading", e.summary)
		doc.Parameters = documented(e.path, e.names)
		r.handle("GET", base+e.path, forReaders, doc, e.handler)
	}
}

// readEndpoint is one resource that is read from the read model.
type readEndpoint struct {
	path    string // below the base
	summary string
	names   []string // query parameters beside the shared ones
	handler func(*call) error
}

func readings() []readEndpoint {
	list := append(append([]string{}, filterNames...), pageNames...)
	with := func(names ...string) []string { return append(append([]string{}, list...), names...) }
	all := []readEndpoint{
		{"/balances", "sums by group", with("group_by", "interval", "measures", "sort"), readBalances},
		{"/statements", "lines with a running balance", with("order"), readStatements},
		{"/timeline", "business history", with("subject"), readTimeline},
		{"/events", "events", with("scope", "type", "subject", "voucher", "actor", "recorded_from", "recorded_to", "amount_min", "amount_max", "after", "order"), readEvents},
		{"/subjects/{kind}", "subjects of a kind", with("q", "state", "sort"), readSubjects},
		{"/subjects/{kind}/{id}", "one subject as it is now", nil, readSubject},
		{"/findings", "hits of the audit tests", append(append([]string{"position", "as_of", "fund", "test", "kind"}, settingNames()...), pageNames...), readFindings},
		{"/findings/tests", "the audit tests with rule texts and settings", nil, readTests},
		{"/reports", "names of the reports", nil, readReports},
		{"/reports/{name}", "a report", append(append([]string{}, filterNames...), "unit", "group_by"), readReport},
	}
	for _, name := range []string{"funds", "projects", "organisations", "districts"} {
		all = append(all,
			readEndpoint{"/" + name, name + " with their figures", with(registerNames(registerKinds[name])...), readRegister(name)},
			readEndpoint{"/" + name + "/{id}", "one of the " + name + " with facts and links", append(append([]string{}, filterNames...), "measures"), readMember(name)})
	}
	return all
}

// documented gives the parameters of a resource for the OpenAPI document.
func documented(path string, names []string) []*huma.Param {
	var out []*huma.Param
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, "{") {
			out = append(out, &huma.Param{Name: strings.Trim(part, "{}"), In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
		}
	}
	if path != "/reports" {
		names = append(append([]string{}, names...), sharedNames...)
	}
	for _, name := range append(names, "lang") {
		out = append(out, &huma.Param{Name: name, In: "query", Description: parameterTexts[name], Schema: parameterSchema(name)})
	}
	return out
}

// parameterTexts explain the parameters that their names do not.
var parameterTexts = map[string]string{
	"as_of": "entries with on <= the date", "from": "entries with on >= the date; a stock becomes a movement",
	"position": "what the ledger knew after this event", "min_position": "answer once the read model has reached it", "wait": "how long at most, 0s to 30s",
	"district_view": "codes as they are now, or as stored", "sort": "key, account or measure; - before it: descending", "cursor": "from next_cursor; beside it only limit",
	"group_by": "up to eight keys", "measures": "figures of reports", "format": "wins over Accept", "header": "Chinese header line of CSV",
}

func parameterSchema(name string) *huma.Schema {
	enum := func(values ...any) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Enum: values} }
	switch name {
	case "position", "min_position", "after", "limit":
		return &huma.Schema{Type: huma.TypeInteger}
	case "as_of", "from", "on":
		return &huma.Schema{Type: huma.TypeString, Format: "date"}
	case "district_view":
		return enum("current", "recorded")
	case "format":
		return enum("json", "csv", "xlsx")
	case "encoding":
		return enum("utf-8", "gb18030")
	case "interval":
		return enum("month", "quarter", "year")
	case "unit":
		return enum("yuan", "wan")
	case "lang":
		return enum("zh", "en")
	}
	return &huma.Schema{Type: huma.TypeString}
}
