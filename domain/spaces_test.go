package domain_test

import (
	"slices"
	"testing"

	"grantledger/domain"
)

// TestSpacesMakeNoNewPaper sends a document number with spaces around it, and
// one of spaces alone: a paper counts once however it is spaced.
func TestSpacesMakeNoNewPaper(t *testing.T) {
	l := domain.NewLedger(domain.Genesis{Origin: "ledger.example.cn/test", Trust: "test\n"})
	var c clock
	for _, cmd := range slices.Concat(office(), []line{
		{Key: "s1", Command: "receive-appropriation", Actor: "user/clerk-1", Data: []byte(`{"on":"2024-02-02","fund":"F","amount":"1.00","document":" N-1　"}`), Expect: "duplicate_document"},
		{Key: "s2", Command: "receive-appropriation", Actor: "user/clerk-1", Data: []byte(`{"on":"2024-02-02","fund":"F","amount":"1.00","document":"  "}`), Expect: "evidence_missing"},
		{Key: "s3", Command: "register-project", Actor: "user/clerk-1", Data: []byte(`{"on":"2024-02-02","project":"S","name":"  ","district":"341882","purpose":"elderly"}`), Expect: "invalid_input"},
	}) {
		if _, code := run(l, cmd, c.at(cmd)); code != cmd.Expect {
			t.Errorf("%s: %s, want %s", cmd.Key, code, cmd.Expect)
		}
	}
}
