package bundle

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// corpusVariable names the environment variable of a directory: every package that these tests verify is written there
// with the policy and the verdict, for other implementations to agree with.
const corpusVariable = "GRANTLEDGER_CORPUS"

// corpusCase is one verification; its file is named by its hash.
type corpusCase struct {
	Package       []byte   `json:"package"`
	Trust         string   `json:"trust"`
	Kept          [][]byte `json:"kept"`
	RequireSM2    bool     `json:"require_sm2"`
	Quorum        int      `json:"quorum"`
	MaxAge        float64  `json:"max_age"` // seconds
	Now           int64    `json:"now"`     // milliseconds since 1970
	AllowWithheld bool     `json:"allow_withheld"`
	Code          string   `json:"code"` // of the refusal; "" when verified
	Result        *Result  `json:"result"`
}

// keepCase writes a case of the corpus when one is asked for.
func keepCase(content []byte, p Policy, r *Result, err error) {
	dir := os.Getenv(corpusVariable)
	var refusal *Refusal
	if dir == "" || err != nil && !errors.As(err, &refusal) {
		return
	}
	c := corpusCase{Package: content, Trust: p.Trust.Text, Kept: p.Kept, RequireSM2: p.RequireSM2, Quorum: p.Quorum,
		MaxAge: p.MaxAge.Seconds(), Now: p.Now.UnixMilli(), AllowWithheld: p.AllowWithheld, Result: r}
	if refusal != nil {
		c.Code = refusal.Code
	}
	b, err := json.Marshal(c)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%x.json", sha256.Sum256(b))), b, 0o600)
	}
	if err != nil {
		panic(err)
	}
}
