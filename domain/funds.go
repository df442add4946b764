package domain

import "slices"

var fundRows = []*Definition{
	define(Definition{Name: "open-fund", Title: Words{"设立资金", "Open a fund"}, Stage: "registers", Roles: byAdmin, Subject: "fund", Events: []string{"fund.opened.v1"}},
		(*decision).openFund, foldFundOpened),
	define(Definition{Name: "set-fund-policy", Title: Words{"设定资金规则", "Set a fund's policy"}, Stage: "registers", Roles: byAdmin, Subject: "fund", Events: []string{"fund.policy-set.v1"}},
		(*decision).setFundPolicy, foldFundPolicySet),
}

type openFund struct {
	Fund     string   `f:"fund new=fund"`
	Name     string   `f:"name text"`
	Source   string   `f:"source enum=lottery|venture|donation"`
	Custody  string   `f:"custody enum=treasury|held"`
	District string   `f:"district code"`
	Purposes []string `f:"purposes texts max=50"`
	Subject  string   `f:"subject text opt"`
	policyFields
}

type setFundPolicy struct {
	Fund     string   `f:"fund ref=fund"`
	Purposes []string `f:"purposes texts max=50 opt"`
	policyFields
}

// policyFields are the policy fields that both commands take; absent ones keep
// their value.
type policyFields struct {
	Lapses            *bool          `f:"lapses bool opt"`
	NoticeDays        *int           `f:"notice_days int max=365 opt"`
	AwardCap          *Fen           `f:"award_cap amt opt"`
	SharePercent      *int           `f:"share_percent int max=100 opt"`
	MinRating         *int           `f:"min_rating int max=5 opt"`
	Inspection        *bool          `f:"inspection bool opt"`
	OneAward          *bool          `f:"one_award bool opt"`
	SupplementPercent *int           `f:"supplement_percent int max=100 opt"`
	Approval          []ApprovalRule `f:"approval list min=0 max=50 opt"`
}

func (d *decision) openFund(c *openFund) *Refusal {
	if c.Source == "donation" && c.Custody != "held" {
		return invalid("custody", "enum")
	}
	if err := d.validPolicy(c.Purposes, c.Approval); err != nil {
		return err
	}
	if err := d.validDistrict(c.District); err != nil {
		return err
	}
	return d.emit("fund.opened.v1")
}

func (d *decision) setFundPolicy(c *setFundPolicy) *Refusal {
	if err := d.validPolicy(c.Purposes, c.Approval); err != nil {
		return err
	}
	return d.emit("fund.policy-set.v1")
}

// validPolicy checks the codes and command names that a policy may list.
func (d *decision) validPolicy(purposes []string, rules []ApprovalRule) *Refusal {
	if err := d.validPurpose("purposes", purposes...); err != nil {
		return err
	}
	for _, r := range rules {
		for _, name := range r.Commands {
			if row := d.l.rows[name]; name != "*" && (row == nil || !row.Approval) {
				return invalid("approval", "enum")
			}
		}
	}
	return nil
}

func foldFundOpened(f *fold) {
	v := f.v
	fund := Fund{
		ID: v.str("fund"), Name: v.str("name"), Source: v.str("source"), Custody: v.str("custody"),
		District: v.str("district"), Subject: v.str("subject"),
		Policy: Policy{Lapses: v.str("source") != "donation", SupplementPercent: 10},
	}
	setPolicy(&fund.Policy, v)
	f.funds.put(fund.ID, fund)
}

func foldFundPolicySet(f *fold) {
	fund := f.funds.at(f.v.str("fund"))
	setPolicy(&fund.Policy, f.v)
	f.funds.put(fund.ID, fund)
}

// setPolicy replaces the fields that are given.
func setPolicy(p *Policy, v *value) {
	whole := func(name string, to *int) {
		if v.has(name) {
			*to = int(v.int(name))
		}
	}
	flag := func(name string, to *bool) {
		if v.has(name) {
			*to = v.str(name) == "true"
		}
	}
	if v.has("purposes") {
		p.Purposes = v.strings("purposes")
	}
	if v.has("award_cap") {
		p.AwardCap = v.fen("award_cap")
	}
	flag("lapses", &p.Lapses)
	flag("inspection", &p.Inspection)
	flag("one_award", &p.OneAward)
	whole("notice_days", &p.NoticeDays)
	whole("share_percent", &p.SharePercent)
	whole("min_rating", &p.MinRating)
	whole("supplement_percent", &p.SupplementPercent)
	if v.has("approval") {
		p.Approval = nil
		for _, item := range v.member("approval").items {
			rule := ApprovalRule{Commands: item.strings("commands"), Steps: int(item.int("steps"))}
			if item.has("up_to") {
				upTo := item.fen("up_to")
				rule.UpTo = &upTo
			}
			p.Approval = append(p.Approval, rule)
		}
	}
}

// allows refuses a project whose purpose is not on the fund's list.
func (d *decision) allows(p *Project) *Refusal {
	if slices.Contains(d.fund.Policy.Purposes, p.Purpose) {
		return nil
	}
	return refuse(PurposeNotAllowed, "project", "purpose", p.Purpose, "fund", d.fund.ID)
}

// source refuses a fund whose source is, or is not, donation.
func (d *decision) source(donation bool) *Refusal {
	if (d.fund.Source == "donation") == donation {
		return nil
	}
	return refuse(WrongSource, "fund", "source", d.fund.Source)
}
