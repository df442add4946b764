package api

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"grantledger/eventstore/bundle"

	"github.com/danielgtaylor/huma/v2"
)

// exportInput asks for a package (API.md 7.9).
type exportInput struct {
	Kind   string  `json:"kind" enum:"package"`
	Filter any     `json:"filter" doc:"\"all\", or lines of terms: [[\"project/P-1\"],[\"district/341882\",\"year/2024\"]]"`
	Start  uint64  `json:"start,omitempty" doc:"events up to this size are left out; 0 = from the beginning"`
	Size   *uint64 `json:"size,omitempty" minimum:"1" doc:"of a stored checkpoint; null = the newest that carries the quorum"`
}

// filter reads "all" or lines of terms.
func (in *exportInput) filter() (bundle.Filter, error) {
	if in.Filter == "all" {
		return nil, nil
	}
	wrong := invalid(faultAt("body.filter", "pattern", ""))
	raw, err := json.Marshal(in.Filter)
	if err != nil {
		return nil, wrong
	}
	var lines [][]string
	if json.Unmarshal(raw, &lines) != nil || len(lines) == 0 {
		return nil, wrong
	}
	f, err := bundle.NewFilter(lines)
	if err != nil {
		wrong.cause = err
		return nil, wrong
	}
	return f, nil
}

// exportShown is a job.
type exportShown struct {
	ID        string          `json:"id"`
	Kind      string          `json:"kind"`
	State     string          `json:"state" enum:"queued,running,done,failed,cancelled,expired"`
	Filter    json.RawMessage `json:"filter"`
	Start     uint64          `json:"start"`
	Progress  progress        `json:"progress"`
	Size      *uint64         `json:"size"`
	Root      *string         `json:"root"`
	Bytes     *int64          `json:"bytes"`
	SHA256    *string         `json:"sha256"`
	Package   *string         `json:"package"`
	Published bool            `json:"published"`
	Made      string          `json:"made"`
	Expires   *string         `json:"expires"`
	Problem   *problemJSON    `json:"problem"`
}

type progress struct {
	Done  uint64 `json:"done"`
	Total uint64 `json:"total"`
}

// show gives a job as answers have it.
func (c *call) showExport(j *exportJob) exportShown {
	out := exportShown{
		ID: j.ID, Kind: "package", State: j.State, Filter: j.filterJSON(), Start: j.Start, Progress: progress{j.done.Load(), j.Total},
		Published: j.published(), Made: timeText(j.Made),
	}
	if j.Size > 0 {
		out.Size = &j.Size
	}
	if j.State == exportDone {
		path := base + "/exports/" + j.ID + "/package"
		out.Root, out.Bytes, out.SHA256, out.Package = &j.Root, &j.Bytes, &j.SHA256, &path
		if !out.Published {
			expires := timeText(j.expires(c.server.Config.ExportsKeep))
			out.Expires = &expires
		}
	}
	if j.Code != "" {
		wire := newProblem(j.Code).wire(c)
		out.Problem = &wire
	}
	return out
}

func (s *Server) routeExports(r *router) {
	op := huma.Operation{Tags: []string{"exports"}, Summary: "export jobs, newest first"}
	operation(r, "GET", base+"/exports", forUsers, op, func(c *call, _ *struct{}) (*answer[items[exportShown]], error) {
		if err := c.need("auditor", "admin"); err != nil {
			return nil, err
		}
		out := items[exportShown]{Items: []exportShown{}}
		for _, j := range s.exports.list() {
			out.Items = append(out.Items, c.showExport(j))
		}
		return answerAt(s.Log.Position(), out), nil
	})
	op = huma.Operation{Tags: []string{"exports"}, Summary: "ask for a package", DefaultStatus: 202}
	operation(r, "POST", base+"/exports", forUsers, op, func(c *call, in *struct{ Body exportInput }) (*created[exportShown], error) {
		return c.askExport(&in.Body)
	})
	one := huma.Operation{Tags: []string{"exports"}, Summary: "one export job"}
	operation(r, "GET", base+"/exports/{id}", forReaders, one, func(c *call, in *exportID) (*answer[exportShown], error) {
		j, err := c.exportJob(in.ID)
		if err != nil {
			return nil, err
		}
		return answerAt(s.Log.Position(), c.showExport(j)), nil
	})
	one.Summary = "cancel a job, or remove its package"
	operation(r, "DELETE", base+"/exports/{id}", forUsers, one, func(c *call, in *exportID) (*struct{}, error) {
		return nil, c.dropExport(in.ID)
	})
	one.Summary = "make a package public; it needs an auditor and an admin"
	operation(r, "POST", base+"/exports/{id}/publish", forUsers, one, func(c *call, in *exportID) (*answer[exportShown], error) {
		j, err := c.publishExport(in.ID)
		if err != nil {
			return nil, err
		}
		return answerAt(s.Log.Position(), c.showExport(j)), nil
	})
	for _, method := range []string{"GET", "HEAD"} {
		r.handle(method, base+"/exports/{id}/package", forReaders, about("exports", "the package; Range is served"), s.exportPackage)
	}
}

type exportID struct {
	ID string `path:"id"`
}

// askExport queues a job.
func (c *call) askExport(in *exportInput) (*created[exportShown], error) {
	s := c.server
	if err := c.need("auditor"); err != nil {
		return nil, err
	}
	if n := s.Config.Limits.Exports; n > 0 && !s.limits.take("x:"+c.identity.user, per(n, time.Hour), n, c.begun) {
		return nil, newProblem("rate_limited").with("Retry-After", retryAfter(3600/n))
	}
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	seal, err := s.exportSeal(c.context(), in.Size)
	if err != nil {
		return nil, err
	}
	if in.Start >= seal.Size {
		return nil, invalid(faultAt("body.start", "too_large", strconv.FormatUint(in.Start, 10)))
	}
	j := &exportJob{
		ID: "ex_" + s.requestID(), State: exportQueued, Filter: filter, Start: in.Start, Size: seal.Size, Total: seal.Size - in.Start,
		User: c.identity.user, Made: s.Clock().UTC(), Note: string(seal.Note), Root: hex.EncodeToString(seal.Root[:]),
	}
	if err := s.exports.add(j); err != nil {
		return nil, err
	}
	return &created[exportShown]{202, base + "/exports/" + j.ID, c.showExport(j)}, nil
}

// exportJob is the job of an id, if the caller may know of it: auditors and
// admins of all, everybody of published ones.
func (c *call) exportJob(id string) (*exportJob, error) {
	j := c.server.exports.find(id)
	if j == nil || !j.published() && !c.holds("auditor", "admin") {
		return nil, newProblem("not_found")
	}
	return j, nil
}

// publishExport notes the caller's half of a publication.
func (c *call) publishExport(id string) (*exportJob, error) {
	if err := c.need("auditor", "admin"); err != nil {
		return nil, err
	}
	j, err := c.exportJob(id)
	if err != nil {
		return nil, err
	}
	if j.State != exportDone {
		return nil, newProblem("export_state", "state", j.State)
	}
	return c.server.exports.change(id, func(j *exportJob) {
		if c.holds("auditor") {
			j.ByAuditor = c.identity.user
		} else {
			j.ByAdmin = c.identity.user
		}
	})
}

// dropExport cancels a job that waits or runs and removes a package.
func (c *call) dropExport(id string) error {
	if err := c.need("auditor"); err != nil {
		return err
	}
	j, err := c.exportJob(id)
	switch {
	case err != nil:
		return err
	case j.published():
		return newProblem("export_state", "state", "published")
	}
	return c.server.exports.drop(id)
}

// exportPackage serves the file.
func (s *Server) exportPackage(c *call) error {
	if err := c.params().problem(); err != nil {
		return err
	}
	j, err := c.exportJob(c.echo.Param("id"))
	switch {
	case err != nil:
		return err
	case !j.published() && !c.holds("auditor"):
		return newProblem("not_authorised", "role", "auditor", "fund", "*")
	case j.State == exportExpired:
		return newProblem("expired")
	case j.State != exportDone:
		return newProblem("export_state", "state", j.State)
	}
	f, err := os.Open(s.exports.file(j.ID))
	if err != nil {
		if os.IsNotExist(err) {
			return newProblem("expired")
		}
		return fmt.Errorf("open package: %w", err)
	}
	defer f.Close()
	h := c.header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="grantledger-`+strconv.FormatUint(j.Size, 10)+`.zip"`)
	h.Set("ETag", `"`+j.SHA256+`"`)
	h.Set("Cache-Control", "private, no-cache")
	c.reflects(j.Size)
	c.unbounded()
	http.ServeContent(c.echo.Response(), c.request, "", j.Made, f)
	return nil
}
