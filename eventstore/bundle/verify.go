package bundle

import (
	"errors"
	"slices"
	"time"

	"grantledger/eventstore/merkle"
)

// tolerance is how far clocks may differ (section 14), in seconds.
const tolerance = 300

// Policy is what an auditor brings along. It can only make the policy of the trust text stricter, but for AllowWithheld.
type Policy struct {
	Trust         *merkle.Trust // obtained elsewhere than the package
	Kept          [][]byte      // checkpoints kept from earlier packages
	RequireSM2    bool
	Quorum        int           // witness names needed; the larger of this and the trust text's
	MaxAge        time.Duration // of the newest witness line; 0: any
	Now           time.Time     // for MaxAge
	AllowWithheld bool
}

// Verify checks the package in the steps of section 14. The verdict does not depend on the way taken; which refusal is
// given when several things are wrong may. The error is a *Refusal, or a failure to read, which is no verdict.
func (p *Package) Verify(policy Policy) (*Result, error) {
	v := &verifier{pkg: p, policy: policy, trust: policy.Trust}
	err := v.verify()
	if fault := p.file.fault(); fault != nil {
		return nil, fault
	}
	if err != nil {
		var refusal *Refusal
		if !errors.As(err, &refusal) {
			return nil, err
		}
		return nil, refusal
	}
	p.verified = v.manifest
	return v.result(), nil
}

// verifier is one verification under way.
type verifier struct {
	pkg        *Package
	policy     Policy
	trust      *merkle.Trust
	manifest   *Manifest
	checkpoint *merkle.Signed
	kept       []*merkle.Signed // of sizes from start on
	events     *eventCheck
	rows       uint64
}

func (v *verifier) verify() error {
	for _, step := range []func() error{
		v.openManifest, v.checkSizes, v.openCheckpoint, v.checkWitnesses, v.openKept, v.checkEvents, v.checkBalances, v.checkReadme,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) openManifest() error {
	content, _, err := v.pkg.small(manifestFile)
	if err != nil {
		return err
	}
	if v.manifest, err = openManifest(content, v.trust); err != nil {
		return refuse(CodeManifest, "%v", err)
	}
	return nil
}

func (v *verifier) checkSizes() error {
	for i := checkpointFile; i < memberCount; i++ {
		if uint64(v.pkg.members[i].size) != v.manifest.Bytes[i] {
			return refuse(CodeFiles, "%s has another size than the MANIFEST says", memberNames[i])
		}
	}
	return nil
}

// checkSum compares the SHA-256 of a member.
func (v *verifier) checkSum(index int, sum [32]byte) error {
	if sum != v.manifest.Sums[index] {
		return refuse(CodeFiles, "%s has another SHA-256 than the MANIFEST says", memberNames[index])
	}
	return nil
}

func (v *verifier) openCheckpoint() error {
	content, sum, err := v.pkg.small(checkpointFile)
	if err != nil {
		return err
	}
	if err := v.checkSum(checkpointFile, sum); err != nil {
		return err
	}
	if v.checkpoint, err = v.trust.OpenCheckpoint(content); err != nil {
		return refuse(CodeCheckpoint, "%v", err)
	}
	if v.checkpoint.Size != v.manifest.Size || v.checkpoint.Root != v.manifest.Root {
		return refuse(CodeCheckpoint, "size or root differ from the MANIFEST")
	}
	return nil
}

func (v *verifier) checkWitnesses() error {
	if (v.trust.RequireSM2 || v.policy.RequireSM2) && !v.checkpoint.SM2 {
		return refuse(CodeSM2, "the checkpoint has no SM2 signature that counts")
	}
	need, have := max(v.trust.Quorum, v.policy.Quorum), v.checkpoint.Witnessed()
	if have < need {
		return refuse(CodeWitness, "the checkpoint has %d witnesses that count, %d are needed", have, need)
	}
	if v.policy.MaxAge == 0 {
		return nil
	}
	newest := int64(-1)
	for _, w := range v.checkpoint.Witnesses {
		newest = max(newest, w.Time)
	}
	if newest < 0 || v.policy.Now.Sub(time.Unix(newest, 0)) > v.policy.MaxAge {
		return refuse(CodeStale, "no witness saw the checkpoint within %s", v.policy.MaxAge)
	}
	return nil
}

func (v *verifier) openKept() error {
	for _, note := range v.policy.Kept {
		s, err := v.trust.OpenCheckpoint(note)
		if err != nil {
			return refuse(CodeKept, "%v", err)
		}
		if s.Size > v.manifest.Size {
			return refuse(CodeRollback, "a kept checkpoint has size %d, the package %d", s.Size, v.manifest.Size)
		}
		if s.Size >= v.manifest.Start {
			v.kept = append(v.kept, s)
		}
	}
	if len(v.policy.Kept) > 0 && len(v.kept) == 0 {
		return refuse(CodePrefix, "every kept checkpoint is smaller than the start %d", v.manifest.Start)
	}
	return nil
}

// checkBalances compares balances.tsv with the rows that the entries give, byte for byte.
func (v *verifier) checkBalances() error {
	r := v.pkg.reader(balancesFile)
	same := &comparer{reader: r}
	rows, err := v.events.balances.rows(same.next)
	if err != nil {
		return err
	}
	if err := same.end(); err != nil {
		return err
	}
	v.rows = rows
	return v.checkSum(balancesFile, r.hash())
}

func (v *verifier) checkReadme() error {
	_, sum, err := v.pkg.small(readmeFile)
	if err != nil {
		return err
	}
	return v.checkSum(readmeFile, sum)
}

func (v *verifier) result() *Result {
	m := v.manifest
	r := &Result{
		Verdict: "ok", Origin: m.Origin, Size: m.Size, Root: m.Root, Start: m.Start, Heads: m.Heads, Bodies: m.Bodies, Withheld: m.Withheld,
		Rows: v.rows, Filter: m.Filter, Exported: m.Exported.Format(exportedLayout), Signed: []string{"ed25519"}, Cosigned: []Cosigned{},
		Seals: len(v.events.seals), Kept: []uint64{}, TrustVersion: v.trust.Version, Checkpoint: v.checkpoint,
	}
	if v.checkpoint.SM2 {
		r.Signed = append(r.Signed, "sm2")
	}
	for _, w := range v.checkpoint.Witnesses {
		r.Cosigned = append(r.Cosigned, Cosigned{w.Name, utcSeconds(w.Time)})
	}
	for _, k := range v.kept {
		r.Kept = append(r.Kept, k.Size)
	}
	slices.Sort(r.Kept)
	r.Kept = slices.Compact(r.Kept)
	return r
}
