package bundle

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"grantledger/eventstore/merkle"
)

// Result is the verdict that a package is verified; its JSON is that of section 15.
type Result struct {
	Verdict      string      `json:"verdict"` // "ok"
	Origin       string      `json:"origin"`
	Size         uint64      `json:"size"`
	Root         merkle.Hash `json:"root"`
	Start        uint64      `json:"start"` // positions 1 to Start were not examined
	Heads        uint64      `json:"heads"`
	Bodies       uint64      `json:"bodies"`
	Withheld     uint64      `json:"withheld"`
	Rows         uint64      `json:"rows"` // of balances.tsv
	Filter       Filter      `json:"filter"`
	Exported     string      `json:"exported"` // UTC, seconds
	Signed       []string    `json:"signed"`   // ed25519, sm2
	Cosigned     []Cosigned  `json:"cosigned"`
	Seals        int         `json:"seals"` // in the ledger, checked
	Kept         []uint64    `json:"kept"`  // sizes of kept checkpoints that matched, ascending
	TrustVersion int         `json:"trust_version"`

	Checkpoint *merkle.Signed `json:"-"` // the package's, as it was verified
}

// Cosigned is a witness of the package's checkpoint.
type Cosigned struct {
	Name string `json:"name"`
	Time string `json:"time"` // UTC, seconds
}

// Text is the verdict for people, as section 15 writes it.
func (r *Result) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "VERIFIED 核验通过  %s\n", r.Origin)
	fmt.Fprintf(&b, "positions %d to %d, root %s\n", r.Start+1, r.Size, r.Root)
	fmt.Fprintf(&b, "bodies %d (withheld %d), balance rows %d, filter %s\n", r.Bodies, r.Withheld, r.Rows, r.Filter)
	var witnesses, kept []string
	for _, w := range r.Cosigned {
		witnesses = append(witnesses, w.Name+" "+w.Time)
	}
	for _, size := range r.Kept {
		kept = append(kept, strconv.FormatUint(size, 10))
	}
	fmt.Fprintf(&b, "signed: %s; witnesses: %s; seals checked: %d; kept checkpoints matched: %s\n",
		strings.Join(r.Signed, ", "), orNone(witnesses), r.Seals, orNone(kept))
	if r.Start > 0 {
		fmt.Fprintf(&b, "Positions 1 to %d are fixed by the root but were not examined.\n", r.Start)
	}
	if len(witnesses) == 0 && len(kept) == 0 {
		b.WriteString("A second, different history cannot be excluded. Compare the root with another holder.\n")
	}
	b.WriteString("Keep the file checkpoint of this package for the next check. 请保存 checkpoint 文件。\n")
	return b.String()
}

func orNone(words []string) string {
	if len(words) == 0 {
		return "NONE"
	}
	return strings.Join(words, ", ")
}

// Text is the refusal for people, as section 15 writes it; the reason is in Chinese first.
func (r *Refusal) Text() string {
	at := ""
	if r.Position > 0 {
		at = fmt.Sprintf(" (position %d)", r.Position)
	}
	return fmt.Sprintf("REFUSED %s: %s / %s%s\n核验未通过 / do not rely on this package\n", r.Code, chinese[r.Code], r.Reason, at)
}

// chinese says what each refusal code means.
var chinese = map[string]string{
	CodeContainer: "压缩包格式不符", CodeManifest: "清单不符或未签名", CodeFiles: "文件大小或哈希与清单不符",
	CodeCheckpoint: "检查点不符或未签名", CodeSM2: "缺少国密 SM2 签名", CodeWitness: "见证人签名不足", CodeStale: "见证时间过旧",
	CodeKept: "留存的检查点无效", CodeRollback: "数据比留存的检查点少，可能被回退", CodePrefix: "留存的检查点都早于本包起点",
	CodeCount: "数量与清单不符", CodeTime: "时间与见证或导出时间矛盾", CodeWithheld: "有不应隐去的内容被隐去",
	CodeTrust: "账本的信任文件与您的不一致", CodeSeal: "账内封存点不符", CodeFork: "与留存的检查点不是同一历史",
	CodeRoot: "事件算不出签名的根", CodeBalances: "余额与分录不符",
	"head": "事件头不合格式", "order": "事件顺序或版本不连续", "body": "事件内容不合格式或哈希不符",
	"entries": "分录不合规则或不平", "scopes": "分录超出事件的范围标记",
}

func utcSeconds(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(exportedLayout) }

// ExportedAt is the time that the package says it was exported at.
func (r *Result) ExportedAt() time.Time {
	at, _ := time.Parse(exportedLayout, r.Exported) // written by us in this layout
	return at
}
