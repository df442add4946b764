package domain

// Preview is the command that decides, as a dry run, what an open proposal
// would do if its last approval came now: its answer has the effects, its
// refusal is the one that the approval would meet. It stores nothing.
func Preview(p *Proposal) (Command, error) {
	v, err := parseJSON(p.Payload)
	if err != nil {
		return Command{}, refuse(MalformedJSON, "")
	}
	def := Find(p.Command)
	if def == nil || def.system {
		return Command{}, refuse(UnknownCommand, "", "command", p.Command)
	}
	c, err := bindValue(def, &v)
	c.Actor, c.DryRun, c.approved = p.Maker, true, true
	return c, err
}
