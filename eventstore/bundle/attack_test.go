package bundle

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"
)

// What somebody can try who holds the export key, but neither the log's nor a witness's: every file may be changed and the
// MANIFEST signed again.
func TestAttacksOnSamples(t *testing.T) {
	edit := func(index int, change func(lines [][]byte) [][]byte) func(*parts) {
		return func(p *parts) { p.set(index, change(p.lines(index))) }
	}
	for _, c := range []struct {
		name, pkg, code string
		change          func(p *parts)
	}{
		{"nothing", "sample-full.zip", "", func(*parts) {}},
		{"stored instead of deflated", "sample-full.zip", "", func(p *parts) { p.method = stored }},
		{"amount altered", "sample-full.zip", record.CodeBody, func(p *parts) { p.replace(bodiesFile, `"amount":12000000`, `"amount":12000001`) }},
		{"memo altered", "sample-full.zip", record.CodeBody, func(p *parts) { p.replace(bodiesFile, "60/40", "50/50") }},
		{"salt altered", "sample-full.zip", record.CodeBody, func(p *parts) { p.replace(bodiesFile, "3zMnocy5hmnT9rn2ATWzxw", "4zMnocy5hmnT9rn2ATWzxw") }},
		{"head under a seal altered", "sample-full.zip", CodeSeal, func(p *parts) { p.replace(headsFile, `"award.agreed.v1"`, `"award.signed.v1"`) }},
		{"head after the seals altered", "sample-full.zip", CodeRoot, func(p *parts) { p.replace(headsFile, `"project.closed.v1"`, `"project.opened.v1"`) }},
		{"scope taken away", "sample-project.zip", CodeSeal, func(p *parts) {
			p.replace(headsFile, `"project/P-2024-0001","purpose/elderly","source/lottery","year/2024"],"body":"3bd8`, `"purpose/elderly","source/lottery","year/2024"],"body":"3bd8`)
			p.set(bodiesFile, slices.Delete(p.lines(bodiesFile), 2, 3))
			p.manifest.Bodies--
		}},
		{"last event dropped", "sample-full.zip", CodeCount, func(p *parts) {
			p.set(headsFile, p.lines(headsFile)[:12])
			p.set(bodiesFile, p.lines(bodiesFile)[:12])
		}},
		{"event dropped", "sample-full.zip", record.CodeOrder, func(p *parts) {
			p.set(headsFile, slices.Delete(p.lines(headsFile), 4, 5))
			p.set(bodiesFile, slices.Delete(p.lines(bodiesFile), 4, 5))
		}},
		{"opening dropped", "sample-full.zip", record.CodeHead, edit(headsFile, func(l [][]byte) [][]byte { return l[1:] })},
		{"heads swapped", "sample-full.zip", record.CodeBody, edit(headsFile, func(l [][]byte) [][]byte { l[2], l[3] = l[3], l[2]; return l })},
		{"heads and bodies swapped", "sample-full.zip", record.CodeOrder, func(p *parts) {
			for _, i := range []int{headsFile, bodiesFile} {
				l := p.lines(i)
				l[2], l[3] = l[3], l[2]
				p.set(i, l)
			}
		}},
		{"bodies swapped", "sample-full.zip", record.CodeBody, edit(bodiesFile, func(l [][]byte) [][]byte { l[2], l[3] = l[3], l[2]; return l })},
		{"event doubled", "sample-full.zip", CodeCount, func(p *parts) {
			p.set(headsFile, append(p.lines(headsFile), p.lines(headsFile)[12]))
			p.set(bodiesFile, append(p.lines(bodiesFile), p.lines(bodiesFile)[12]))
		}},
		{"body of the scope dropped", "sample-project.zip", record.CodeBody, func(p *parts) {
			p.set(bodiesFile, slices.Delete(p.lines(bodiesFile), 1, 2))
			p.manifest.Bodies--
		}},
		{"last body dropped", "sample-project.zip", record.CodeBody, func(p *parts) {
			p.set(bodiesFile, p.lines(bodiesFile)[:7])
			p.manifest.Bodies--
		}},
		{"body of another scope added", "sample-project.zip", record.CodeBody, edit(bodiesFile, func(l [][]byte) [][]byte { return append(l, l[1]) })},
		{"body withheld", "sample-full.zip", CodeWithheld, func(p *parts) {
			p.set(bodiesFile, edited(p.lines(bodiesFile), 2, nil))
			p.manifest.Withheld = 1
		}},
		{"seal withheld", "sample-full.zip", CodeWithheld, func(p *parts) {
			p.set(bodiesFile, edited(p.lines(bodiesFile), 6, nil))
			p.manifest.Withheld = 1
		}},
		{"last line without LF", "sample-full.zip", record.CodeBody, func(p *parts) { p.files[bodiesFile] = bytes.TrimSuffix(p.files[bodiesFile], []byte("\n")) }},
		{"empty line between heads", "sample-full.zip", record.CodeHead, func(p *parts) { p.replace(headsFile, "\n", "\n\n") }},
		{"CR LF", "sample-full.zip", record.CodeHead, func(p *parts) { p.replace(headsFile, "\n", "\r\n") }},
		{"no heads", "sample-full.zip", CodeCount, func(p *parts) { p.files[headsFile] = nil }},
		{"balance altered", "sample-full.zip", CodeBalances, func(p *parts) { p.replace(balancesFile, "7910000", "7910001") }},
		{"balance dropped", "sample-full.zip", CodeBalances, edit(balancesFile, func(l [][]byte) [][]byte { return l[:22] })},
		{"balance added", "sample-full.zip", CodeBalances, edit(balancesFile, func(l [][]byte) [][]byte { return append(l, l[22]) })},
		{"balances of another scope", "sample-project.zip", CodeBalances, func(p *parts) { p.files[balancesFile] = partsOf(t, "sample-full.zip").files[balancesFile] }},
		{"filter widened", "sample-project.zip", record.CodeBody, func(p *parts) { p.manifest.Filter = mustFilter(t, "district/341881", "project/P-2024-0001") }},
		{"filter narrowed", "sample-district.zip", CodeBalances, func(p *parts) { p.manifest.Filter = mustFilter(t, "district/341882*") }},
		{"frontier of another history", "sample-year.zip", CodeSeal, func(p *parts) { p.manifest.Frontier[0][0] ^= 1 }},
		{"numbers of the manifest", "sample-full.zip", CodeCount, func(p *parts) { p.manifest.Bodies-- }},
		{"size of the manifest", "sample-full.zip", CodeCheckpoint, func(p *parts) { p.manifest.Size, p.manifest.Heads = 14, 14 }},
		{"root of the manifest", "sample-full.zip", CodeCheckpoint, func(p *parts) { p.manifest.Root[3] ^= 1 }},
		{"start equal to size", "sample-year.zip", CodeManifest, func(p *parts) { p.manifest.Start, p.manifest.Heads = 13, 0 }},
		{"exported before the events", "sample-full.zip", CodeTime, func(p *parts) { p.manifest.Exported = p.manifest.Exported.Add(-48 * time.Hour) }},
		{"foreign origin", "sample-full.zip", CodeManifest, func(p *parts) { p.manifest.Origin = "ledger.example.cn/other" }},
		{"foreign checkpoint", "sample-full.zip", CodeCheckpoint, func(p *parts) {
			p.files[checkpointFile] = sign(t, "ledger.example.cn/other", 13, p.manifest.Root, signer(t, "log", "ledger.example.cn/other", exported))
		}},
		{"checkpoint by another log key", "sample-full.zip", CodeCheckpoint, func(p *parts) {
			p.files[checkpointFile] = sign(t, origin, 13, p.manifest.Root, signer(t, "other", origin, exported))
		}},
		{"unknown export key", "sample-full.zip", CodeManifest, func(p *parts) { p.signer = signer(t, "other", origin+"/export", exported) }},
		{"log key on the manifest", "sample-full.zip", CodeManifest, func(p *parts) { p.signer = signer(t, "log", origin, exported) }},
		{"old checkpoint", "sample-full.zip", CodeCheckpoint, func(p *parts) { p.files[checkpointFile] = read(t, "kept.checkpoint") }},
		{"no SM2 line", "sample-full.zip", CodeSM2, func(p *parts) { p.files[checkpointFile] = withoutLine(p.files[checkpointFile], 1) }},
		{"no witness line", "sample-full.zip", CodeWitness, func(p *parts) { p.files[checkpointFile] = withoutLine(p.files[checkpointFile], 2) }},
		{"bad SM2 line", "sample-full.zip", CodeCheckpoint, func(p *parts) { p.replace(checkpointFile, "dUrd6jBF", "dUrd6jBG") }},
		{"bad witness line", "sample-full.zip", CodeCheckpoint, func(p *parts) { p.replace(checkpointFile, "lGmd9gAAAABnfhcw", "lGmd9gAAAABnfhcx") }},
		{"sizes that the manifest does not know", "sample-full.zip", CodeFiles, func(p *parts) { p.claimed = true; p.files[readmeFile] = append(p.files[readmeFile], '!') }},
		{"readme changed at the same size", "sample-full.zip", CodeFiles, func(p *parts) { p.claimed = true; p.replace(readmeFile, "GrantLedger", "GrantLodger") }},
		{"text of the manifest", "sample-full.zip", CodeManifest, func(p *parts) {
			p.files[manifestFile] = signText(t, strings.Replace(p.manifest.Text(), "start 0\n", "start 0\nextra 1\n", 1), p.signer)
		}},
	} {
		p := partsOf(t, c.pkg)
		c.change(p)
		if _, err := verify(p.pack(), Policy{Trust: trust(t)}); codeOf(t, err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
}

func signText(t testing.TB, text string, s merkle.Signer) []byte {
	t.Helper()
	note, err := merkle.SignNote(text, s)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

func edited(lines [][]byte, i int, line []byte) [][]byte {
	lines[i] = line
	return lines
}

// withoutLine drops a signature line of a note.
func withoutLine(note []byte, i int) []byte {
	n, err := merkle.ParseNote(note)
	if err != nil {
		return nil
	}
	n.Lines = slices.Delete(n.Lines, i, i+1)
	return n.Bytes()
}

// What the operator can try, who holds every key but finds an auditor with a trust file and kept checkpoints.
func TestAttacksOfTheOperator(t *testing.T) {
	text := string(read(t, "trust.txt"))
	second := strings.Replace(text, "version 1", "version 2", 1)
	late := ledgerStart.Add(24 * time.Hour)
	for _, c := range []struct {
		name, code string
		build      func(l *ledger)
		change     func(p *parts)
		policy     Policy
	}{
		{name: "honest", build: func(l *ledger) { l.allocate("P-1", 5); l.seal(2, l.at) }},
		{name: "seal of another history", code: CodeSeal, build: func(l *ledger) {
			l.allocate("P-1", 5)
			l.sealNote(sign(t, origin, 2, merkle.EmptyRoot(), allSigners(t, l.at)...))
		}},
		{name: "seal of its own size", code: CodeSeal, build: func(l *ledger) { l.sealNote(sign(t, origin, 2, merkle.EmptyRoot(), allSigners(t, l.at)...)) }},
		{name: "seals going back", code: CodeSeal, build: func(l *ledger) { l.allocate("P-1", 5); l.seal(2, l.at); l.seal(1, l.at) }},
		{name: "seal without log line", code: CodeSeal, build: func(l *ledger) {
			l.sealNote(sign(t, origin, 1, l.frontier(1).Root(), signer(t, "witness", witnessName, l.at)))
		}},
		{name: "seal that is no note", code: CodeSeal, build: func(l *ledger) { l.sealNote([]byte("x")) }},
		{name: "seal witnessed after it was recorded", code: CodeTime, build: func(l *ledger) { l.seal(1, l.at.Add(6*time.Minute)) }},
		{name: "seal witnessed within five minutes", build: func(l *ledger) { l.seal(1, l.at.Add(5*time.Minute)) }},
		{name: "events recorded after their witness", code: CodeTime, build: func(l *ledger) { l.seal(1, l.at.Add(-7*time.Minute)) }},
		{name: "checkpoint witnessed before its last event", code: CodeTime, build: func(l *ledger) { l.allocate("P-1", 5) },
			change: func(p *parts) {
				p.files[checkpointFile] = sign(t, origin, 2, p.manifest.Root, allSigners(t, ledgerStart.Add(-5*time.Minute))...)
			}},
		{name: "two openings", code: record.CodeHead, build: func(l *ledger) {
			l.add("ledger.opened.v1", "ledger/genesis", []string{"ledger/meta"}, l.opened(origin, text))
		}},
		{name: "trust of version 2", code: CodeTrust, build: func(l *ledger) { l.changeTrust(second) }},
		{name: "trust of version 2, auditor has it", build: func(l *ledger) { l.changeTrust(second) }, policy: Policy{Trust: parsedTrust(t, second)}},
		{name: "trust that skips a version", code: CodeTrust, build: func(l *ledger) { l.changeTrust(strings.Replace(text, "version 1", "version 3", 1)) },
			policy: Policy{Trust: parsedTrust(t, strings.Replace(text, "version 1", "version 3", 1))}},
		{name: "another text of the auditor's version", code: CodeTrust, build: func(*ledger) {}, policy: Policy{Trust: parsedTrust(t, text+"# mine\n")}},
		{name: "entries of a ledger event", code: record.CodeEntries, build: func(l *ledger) {
			l.add("ledger.noted.v1", "ledger/note", []string{"ledger/meta", "source/lottery", "year/2025"},
				`"on":"2025-01-01","year":2025,"data":{},"entries":[{"lines":[["money.cash",1],["money.income",-1]]}]}`)
		}},
		{name: "a book that is not balanced", code: record.CodeEntries, build: func(l *ledger) {
			l.add("a.b.v1", "project/P-1", []string{"source/lottery", "year/2025"},
				`"on":"2025-01-01","year":2025,"data":{},"entries":[{"lines":[["money.cash",1]]}]}`)
		}},
		{name: "entries outside the scopes", code: record.CodeScopes, build: func(l *ledger) {
			l.add("a.b.v1", "project/P-1", []string{"source/lottery", "year/2025"},
				`"on":"2025-01-01","year":2025,"data":{},"entries":[{"project":"P-1","lines":[["money.cash",1],["money.income",-1]]}]}`)
		}},
		{name: "sums beyond 2^53", code: CodeBalances, build: func(l *ledger) {
			for range 10 {
				l.allocate("P-1", record.MaxFen)
			}
		}},
		{name: "a member twice", code: record.CodeBody, build: func(l *ledger) {
			l.add("a.b.v1", "project/P-1", []string{"project/P-1"}, `"data":{"amount":1,"amount":2}}`)
		}},
		{name: "white space", code: record.CodeBody, build: func(l *ledger) { l.add("a.b.v1", "project/P-1", []string{"project/P-1"}, `"data":{"amount": 1}}`) }},
		{name: "an escaped name", code: record.CodeBody, build: func(l *ledger) { l.add("a.b.v1", "project/P-1", []string{"project/P-1"}, `"data":{"\u0061mount":1}}`) }},
		{name: "a direction mark", code: record.CodeBody, build: func(l *ledger) {
			l.add("a.b.v1", "project/P-1", []string{"project/P-1"}, "\"memo\":\"a\u202eb\",\"data\":{}}")
		}},
		{name: "29 February 2025", code: record.CodeBody, build: func(l *ledger) {
			l.add("a.b.v1", "project/P-1", []string{"project/P-1"}, `"on":"2025-02-29","data":{}}`)
		}},
		{name: "time going back", code: record.CodeOrder, build: func(l *ledger) { l.at = l.at.Add(-2 * time.Minute); l.allocate("P-1", 5) }},
		{name: "recorded after the export", code: CodeTime, build: func(l *ledger) { l.at = late; l.allocate("P-1", 5) }, change: func(p *parts) { p.manifest.Exported = ledgerStart }},
		{name: "kept of another history", code: CodeFork, build: func(l *ledger) { l.allocate("P-1", 5) },
			policy: Policy{Kept: [][]byte{sign(t, origin, 1, merkle.EmptyRoot(), signer(t, "log", origin, late))}}},
		{name: "kept larger than the package", code: CodeRollback, build: func(l *ledger) { l.allocate("P-1", 5) },
			policy: Policy{Kept: [][]byte{sign(t, origin, 3, merkle.EmptyRoot(), signer(t, "log", origin, late))}}},
		{name: "kept by nobody", code: CodeKept, build: func(l *ledger) { l.allocate("P-1", 5) },
			policy: Policy{Kept: [][]byte{sign(t, origin, 1, merkle.EmptyRoot(), signer(t, "other", origin, late))}}},
		{name: "kept that is no note", code: CodeKept, build: func(*ledger) {}, policy: Policy{Kept: [][]byte{nil}}},
		{name: "kept of size 0", build: func(*ledger) {},
			policy: Policy{Kept: [][]byte{sign(t, origin, 0, merkle.EmptyRoot(), signer(t, "log", origin, late))}}},
		{name: "log key retired", code: CodeCheckpoint, build: func(l *ledger) { l.allocate("P-1", 5) }, policy: Policy{Trust: parsedTrust(t, strings.Replace(second, "log 0 -", "log 0 1", 1))}},
		{name: "export key retired", code: CodeManifest, build: func(l *ledger) { l.allocate("P-1", 5) }, policy: Policy{Trust: parsedTrust(t, strings.Replace(second, "export 0 -", "export 0 1", 1))}},
		{name: "witness not yet in force", code: CodeWitness, build: func(l *ledger) { l.allocate("P-1", 5) }, policy: Policy{Trust: parsedTrust(t, strings.Replace(second, "witness 0 -", "witness 3 -", 1))}},
	} {
		l := newLedger(t)
		c.build(l)
		if c.policy.Trust == nil {
			c.policy.Trust = trust(t)
		}
		if _, err := verify(l.pack(c.change), c.policy); codeOf(t, err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
}

func parsedTrust(t testing.TB, text string) *merkle.Trust {
	t.Helper()
	tr, err := merkle.ParseTrust([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestOpenedWithAnotherTrust(t *testing.T) {
	l := &ledger{t: t, at: ledgerStart, versions: make(map[string]uint64)}
	l.add("ledger.opened.v1", "ledger/genesis", []string{"ledger/meta"}, l.opened("ledger.example.cn/other", string(read(t, "trust.txt"))))
	if _, err := verify(l.pack(nil), Policy{Trust: trust(t)}); codeOf(t, err) != CodeTrust {
		t.Errorf("another origin: %v", err)
	}
	r, err := verify(newLedger(t).pack(nil), Policy{Trust: trust(t)})
	if err != nil || r.Rows != 0 || r.Size != 1 {
		t.Errorf("a package of the opening alone: %+v %v", r, err)
	}
}

func TestPositionOfARefusal(t *testing.T) {
	p := partsOf(t, "sample-year.zip")
	p.replace(bodiesFile, `"amount":1000000`, `"amount":1000001`)
	_, err := verify(p.pack(), Policy{Trust: trust(t)})
	if err == nil || err.Error() != "body: SHA-256 of the body is not the one in the head (position 10)" {
		t.Error(err)
	}
}
