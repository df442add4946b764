package domain_test

import (
	"slices"
	"strconv"
	"testing"

	"grantledger/domain"
)

func cmd(key, command, actor, data string) line {
	return line{Key: key, Command: command, Actor: "user/" + actor, Data: []byte(data), Expect: "ok"}
}

// office is a ledger with people, a treasury fund, a held fund and two
// recipients; policies ask for no second person.
func office() []line {
	return []line{
		cmd("o1", "open-ledger", "admin-1", `{"on":"2024-01-02","ledger":"t","name":"示例","district":"341800"}`),
		cmd("o2", "enrol-user", "admin-1", `{"on":"2024-01-02","user":"clerk-1"}`),
		cmd("o3", "grant-role", "admin-1", `{"on":"2024-01-02","user":"clerk-1","role":"clerk","funds":["*"]}`),
		cmd("o4", "enrol-user", "admin-1", `{"on":"2024-01-02","user":"checker-1"}`),
		cmd("o5", "grant-role", "admin-1", `{"on":"2024-01-02","user":"checker-1","role":"checker","funds":["*"]}`),
		cmd("o6", "open-fund", "admin-1", `{"on":"2024-01-02","fund":"F","name":"福彩","source":"lottery","custody":"treasury","district":"341882","purposes":["elderly"],"approval":[{"commands":["*"],"steps":0}]}`),
		cmd("o7", "open-fund", "admin-1", `{"on":"2024-01-02","fund":"H","name":"专户","source":"donation","custody":"held","district":"341881","purposes":["rural"],"approval":[{"commands":["*"],"steps":0}]}`),
		cmd("o8", "register-organisation", "clerk-1", `{"on":"2024-01-02","organisation":"O","name":"示例组织","uscc":"51341882MJ00000188","kind":"society","district":"341882"}`),
		cmd("o9", "register-organisation", "clerk-1", `{"on":"2024-01-02","organisation":"C","name":"示例商会","uscc":"51341881MJ00000505","kind":"chamber","district":"341881"}`),
		cmd("o10", "register-project", "clerk-1", `{"on":"2024-01-02","project":"P","name":"项目","district":"341882","purpose":"elderly"}`),
		cmd("o11", "receive-appropriation", "clerk-1", `{"on":"2024-02-01","fund":"F","amount":"1000.00","document":"N-1"}`),
	}
}

// manyAllocations gives n projects an allocation each.
func manyAllocations(n int) []line {
	out := []line{cmd("big", "receive-appropriation", "clerk-1", `{"on":"2024-02-01","fund":"F","amount":"900000.00","document":"N-9"}`)}
	for i := range n {
		id := "Q" + strconv.Itoa(i)
		out = append(out,
			cmd("p"+id, "register-project", "clerk-1", `{"on":"2024-02-01","project":"`+id+`","name":"x","district":"341882","purpose":"elderly"}`),
			cmd("a"+id, "allocate", "clerk-1", `{"on":"2024-02-01","fund":"F","project":"`+id+`","amount":"1.00"}`))
	}
	return out
}

// TestEveryCodeIsProvoked counts the codes that the golden scenarios and the
// cases here provoke, and checks that a refusal changes nothing. The writer's
// own insufficient_cash is provoked in TestGuardedCash.
func TestEveryCodeIsProvoked(t *testing.T) {
	seen := map[string]bool{"insufficient_cash": true}
	each := func(lines []line) {
		l := domain.NewLedger(domain.Genesis{Origin: "ledger.example.cn/test", Trust: "test\n"})
		var c clock
		for _, cmd := range lines {
			position := l.Position()
			before := ""
			if cmd.Expect != "ok" {
				before = l.BalancesTSV()
			}
			_, code := run(l, cmd, c.at(cmd))
			if code != cmd.Expect {
				t.Fatalf("%s %s: got %s, want %s", cmd.Key, cmd.Command, code, cmd.Expect)
			}
			if code == "ok" {
				continue
			}
			seen[code] = true
			if l.Position() != position || l.BalancesTSV() != before {
				t.Errorf("%s %s: refused with %s, but something changed", cmd.Key, cmd.Command, code)
			}
		}
	}
	for _, name := range scenarios {
		each(scenario(t, name))
	}
	tooMany := cmd("x", "close-year", "clerk-1", `{"on":"2024-12-31","fund":"F","year":2024}`)
	tooMany.Expect = "too_large"
	each(slices.Concat(office(), manyAllocations(2001), []line{tooMany}))
	for _, code := range domain.Codes() {
		if !seen[string(code)] {
			t.Errorf("no test provokes %s", code)
		}
	}
}
