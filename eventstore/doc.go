// Package eventstore is the log of a ledger: blocks of events on one JetStream stream, with one writer, any number of
// readers, a sealer that signs what was written, and a start that refuses a log which lost anything. It knows an event
// as a head line and a body line, never as a type of the rules, and is the only importer of NATS.
//
// # What is stored
//
// One message of the stream LEDGER_<NAME> is one block: the events of one group commit, as lines (record format,
// section 1):
//
//	data    = 1*( head LF body LF )
//	headers = Nats-Msg-Id: hex SHA-256(data)          Nats-Expected-Stream: LEDGER_<NAME>
//	          Nats-Expected-Last-Sequence: N          Ledger-First: position of the first event
//	          Ledger-Count: number of events          Ledger-Prev-Root: hex root of all earlier events
//
// One message of LEDGER_<NAME>_SEALS is one signed checkpoint with its frontier (section 8). A position counts events
// from 1, a sequence counts blocks from 1.
//
// # How the parts fit
//
//	dir, err := eventstore.LockDirectory("grantledger-data")    // one process at a time
//	srv, err := eventstore.StartServer(dir, "main")             // embedded, no listener; looks at the files first
//	conn, err := srv.Connect()
//	log, err := eventstore.Open(ctx, eventstore.Config{Conn: conn, …, Apply: ledger.Apply}) // the start checks
//	w := eventstore.NewWriter(log, ledger)
//	go w.Run(ctx)                                               // decides, packs, publishes
//	answers, receipt, err := w.Do(ctx, command)
//	err = log.Follow(ctx, 0, func(b eventstore.Block) error { … })
//
// # What the log promises
//
// An answer of Writer.Do without an error means that the events are on disk, in one block, at the positions of the
// receipt, and that every check of the record format holds for them. Positions and times never go back. A refused
// command leaves position and root as they were. After ErrOutcomeUnknown, and only then, the caller does not know; the
// same command with the same key may be sent again. Nothing is ever deleted or changed.
package eventstore
