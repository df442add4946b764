package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"grantledger/eventstore"
	"grantledger/eventstore/merkle"
)

// compareFlags say what the replayed log is compared with beside its own
// checkpoints and anchor.
type compareFlags struct {
	compare bool     // the read model too
	kept    []string // checkpoints kept elsewhere
	anchors []string // anchor files of other servers, or copies kept elsewhere
}

// compared is what agreed.
type compared struct {
	Stored    int      `json:"stored"`     // checkpoints in the log
	Kept      []uint64 `json:"kept"`       // sizes of the files of --kept
	Anchor    uint64   `json:"anchor"`     // size of the own anchor; 0 = none
	Anchors   []uint64 `json:"anchors"`    // sizes of the files of --anchor
	ReadModel bool     `json:"read_model"` // the balances of rules and read model were compared
	Rows      int      `json:"rows"`       // of balances.tsv that agreed
}

// difference is the first place where the log and what it is compared with
// part; it ends the command with code 3.
type difference struct {
	with, withEN     string // what it was compared with
	after, upTo      uint64 // the events after the one and up to the other hold it
	reason, reasonEN string
}

// Error says it in both languages.
func (d *difference) Error() string {
	where, whereEN := fmt.Sprintf("第 %d 条事件处", d.upTo), fmt.Sprintf("at position %d", d.upTo)
	if d.after+1 < d.upTo {
		where, whereEN = fmt.Sprintf("第 %d 至 %d 条事件之间", d.after+1, d.upTo), fmt.Sprintf("between positions %d and %d", d.after+1, d.upTo)
	}
	return fmt.Sprintf("首个不符：%s，%s：%s / first difference: %s, %s: %s", d.with, where, d.reason, d.withEN, whereEN, d.reasonEN)
}

// checkWords are the start checks of FORMAT.md 8.
var checkWords = map[int][2]string{
	eventstore.CheckKeys: {"密钥与信任文件", "keys and trust text"}, eventstore.CheckSettings: {"流的设置", "settings of the streams"},
	eventstore.CheckBlocks: {"事件本身", "the events themselves"}, eventstore.CheckSeals: {"账内检查点", "stored checkpoint"},
	eventstore.CheckAnchor: {"本机锚点", "the anchor of this server"}, eventstore.CheckReadModels: {"读模型", "read model"},
	eventstore.CheckOrigin: {"账本标识", "origin"}, eventstore.CheckClock: {"时钟", "clock"},
}

// named says in both languages which start check failed.
func named(err error) error {
	var broken *eventstore.IntegrityError
	if !errors.As(err, &broken) {
		return err
	}
	name := checkWords[broken.Check]
	return coded{exitIntegrity, fmt.Errorf("首个不符：%s / first difference: %s: %w", name[0], name[1], err)}
}

// known is a checkpoint from outside the log.
type known struct {
	merkle.Checkpoint
	with, withEN string
}

// compareLog compares the tree with the own anchor and everything kept
// elsewhere, smallest first, so that the first difference is the one named.
func (n *node) compareLog(ctx context.Context, keyDir string, f compareFlags) (done compared, err error) {
	var all []known
	for _, path := range f.kept {
		k, err := n.readKept(path)
		if err != nil {
			return done, err
		}
		all = append(all, k)
		done.Kept = append(done.Kept, k.Size)
	}
	for _, path := range f.anchors {
		c, ok, err := eventstore.Anchor{Path: path}.Read()
		if err != nil || !ok {
			return done, usagef("%s is no anchor file: %v", path, err)
		}
		all = append(all, known{c, "锚点 " + path, "anchor " + path})
		done.Anchors = append(done.Anchors, c.Size)
	}
	own, ok, err := eventstore.Anchor{Path: keyDir + string(os.PathSeparator) + "anchor"}.Read()
	if err != nil {
		return done, err
	}
	if ok {
		done.Anchor = own.Size
	}
	done.Stored = len(n.log.Checkpoints())
	slices.SortStableFunc(all, func(a, b known) int { return cmp.Compare(a.Size, b.Size) })
	return done, n.compareKnown(all)
}

// readKept reads a kept checkpoint. One that the keys of this ledger did not
// sign is no evidence against it.
func (n *node) readKept(path string) (known, error) {
	note, err := os.ReadFile(path)
	if err != nil {
		return known{}, usage(err)
	}
	s, err := n.log.Trust().OpenCheckpoint(note)
	if err != nil {
		return known{}, coded{exitIntegrity, fmt.Errorf("留存的检查点 %s 不是这个账本签的 / the kept checkpoint %s was not signed by this ledger: %w", path, path, err)}
	}
	return known{s.Checkpoint, "留存的检查点 " + path, "kept checkpoint " + path}, nil
}

// compareKnown walks checkpoints in the order of sizes.
func (n *node) compareKnown(all []known) error {
	var agreed uint64
	for _, k := range all {
		d := &difference{with: k.with, withEN: k.withEN, after: agreed, upTo: k.Size}
		switch own, err := n.log.Root(k.Size); {
		case k.Origin != n.log.Origin():
			d.after, d.upTo = 0, 1
			d.reason, d.reasonEN = "属于另一个账本 "+k.Origin, "it belongs to another ledger, "+k.Origin
		case k.Size > n.log.Position():
			d.after = max(agreed, n.log.Position())
			d.reason, d.reasonEN = fmt.Sprintf("账本只到第 %d 条，其后的事件丢失", n.log.Position()), fmt.Sprintf("the log ends at position %d; later events are lost", n.log.Position())
		case err != nil:
			return err
		case own != k.Root:
			d.reason, d.reasonEN = "根不同，是另一段历史", "another root: a different history"
		default:
			agreed = k.Size
			continue
		}
		return coded{exitIntegrity, d}
	}
	return nil
}

// compareRows compares balances.tsv of the rules and of the read model, both at
// the end of the log.
func compareRows(rules, model string, position uint64) (rows int, err error) {
	a, b := bufio.NewScanner(strings.NewReader(rules)), bufio.NewScanner(strings.NewReader(model))
	if rules == model {
		return strings.Count(rules, "\n") - 1, nil // without the header
	}
	for more := true; more && a.Text() == b.Text(); rows++ {
		more = a.Scan()
		more = b.Scan() || more
	}
	return 0, coded{exitIntegrity, &difference{
		with: "读模型", withEN: "read model", after: position - 1, upTo: position,
		reason:   fmt.Sprintf("余额第 %d 行：规则算得 %q，读模型为 %q", rows-1, a.Text(), b.Text()),
		reasonEN: fmt.Sprintf("row %d of the balances: the rules have %q, the read model %q", rows-1, a.Text(), b.Text()),
	}}
}
