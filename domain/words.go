package domain

// Words is a text in both languages of the product.
type Words struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// In gives the text in the language "zh" or "en".
func (w Words) In(lang string) string {
	if lang == "en" {
		return w.EN
	}
	return w.ZH
}

var zhAccounts = func() map[string]string {
	m := make(map[string]string, len(accountWords))
	for a, w := range accountWords {
		m[accountNames[a]] = w.ZH
	}
	return m
}()

// Words is the account's name on screen (UX.md 9).
func (a Account) Words() Words { return accountWords[a] }

var accountWords = [accountCount]Words{
	Authority:       {"指标来源", "Authority granted"},
	Available:       {"可分配", "Available"},
	Allocated:       {"已分配", "Allocated"},
	Committed:       {"已立项待拨", "Committed"},
	Disbursed:       {"已拨付", "Disbursed"},
	Transferred:     {"转移支付", "Transferred"},
	Lapsed:          {"结余收回", "Lapsed"},
	Carried:         {"结转", "Carried over"},
	Recovered:       {"收回以前年度", "Recovered, earlier years"},
	Income:          {"收入来源", "Income"},
	Cash:            {"专户存款", "Cash held"},
	Advance:         {"已拨待核销", "Advances outstanding"},
	RefundDue:       {"应退款", "Refunds due"},
	Goods:           {"物资库存", "Goods in stock"},
	Spent:           {"核销支出", "Spent, accepted"},
	Delivered:       {"已发放物资", "Goods delivered"},
	Loss:            {"损失核销", "Losses"},
	PledgeOrigin:    {"认捐来源", "Pledge origin"},
	PledgeOpen:      {"认捐未兑现", "Pledges open"},
	PledgeFulfilled: {"认捐已兑现", "Pledges fulfilled"},
	PledgeReleased:  {"认捐解除", "Pledges released"},
	MatchOrigin:     {"配套来源", "Match origin"},
	MatchOpen:       {"配套未落实", "Match open"},
	MatchEvidenced:  {"配套已落实", "Match evidenced"},
	MatchWaived:     {"配套免除", "Match waived"},
}

// Words is the book's name on screen.
func (b Book) Words() Words {
	return [...]Words{{"指标账", "Budget"}, {"资金账", "Money"}, {"认捐备查账", "Pledges"}, {"配套备查账", "Match"}}[b]
}
