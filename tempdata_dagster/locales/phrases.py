"""Phrases of English sentences about work in a firm. They are our own; any of one sort goes with any of the others."""

from __future__ import annotations

_OPENINGS = """
after a short delay; after lunch; as agreed; as planned; as usual; at first; at the last moment; by noon; by then; despite the rain;
despite the delay; during the night; early in the morning; for once; for the third time; in the end; in the meantime; last month;
last week; late in the evening; not long ago; on Friday; on Monday; on the way back; on the following day; once again; over the weekend;
quite unexpectedly; shortly before closing time; soon after; this morning; this time; to everyone's surprise; two days later;
under the new contract; with some help; without further notice; yesterday
"""
_SUBJECTS = """
a colleague from accounting; a customer from the north; a driver; a long-standing partner; a new supplier; a regular customer;
a small team; a visitor; an auditor; an engineer; another branch; both managers; both teams; every department; everyone in the office;
four volunteers; her assistant; his deputy; most customers; my colleague; nobody but the manager; our carrier; our legal team;
our main supplier; our partners abroad; our sales team; several customers; several suppliers; somebody at the front desk;
the board; the buyer; the chief engineer; the committee; the courier; the day shift; the design team; the finance department;
the warehouse; the head of the project; the help desk; the inspector; the insurer; the landlord; the marketing department;
the new trainee; the night shift; the operator; the other party; the planning group; the previous owner; the production line;
the project team; the purchasing department; the quality team; the receptionist; the seller; the service desk; the shop in town;
the store manager; the supervisor; the support team; the technician; the whole staff; their agent; two of the partners; two suppliers
"""
_VERBS = """
accepted; adjusted; announced; approved; archived; brought back; cancelled; carefully checked; changed; closed; collected; compared;
completed; confirmed; copied; corrected; counted; delivered; described; discussed; distributed; examined; explained;
extended; finally found; finished; forgot; forwarded; improved; inspected; introduced; kept; labelled; lost; measured; mentioned;
moved; noticed; opened; ordered; packed; paid for; postponed; praised; prepared; presented; printed; quickly replaced; recalculated;
received; recorded; rejected; renewed; repaired; replaced; requested; returned; reviewed; sent back; shared; shortened; signed;
simplified; sold; sorted; stored; stopped; tested; translated; turned down; updated; verified; weighed; withdrew
"""
_OBJECTS = """
a batch of invoices; a broken pallet; a copy of the contract; a box of samples; a different plan; a draft of the report;
a final estimate; a list of open questions; a new price list; a second opinion; a set of labels; a shorter version; all open orders;
an old agreement; an unusual request; both proposals; every single item; five crates; half of the stock; most of the files;
part of the shipment; several complaints; some of the figures; ten boxes; the annual report; the budget; the catalogue;
the complete file; the delivery; the delivery note; the discount; the drawings; the entire order; the first sample;
the guest list; the insurance papers; the inventory; the invoice; the keys to the store; the last shipment; the latest figures;
the machine in hall two; the maintenance plan; the minutes of the meeting; the monthly statement; the new prototype;
the offer; the old shelves; the opening hours; the payment; the plans for spring; the price of the spare parts; the quarterly figures;
the receipt; the refund; the remaining goods; the rental agreement; the results; the return; the risk assessment; the route;
the sample; the schedule; the second delivery; the security rules; the settings; the shipment; the shipping costs; the spare parts;
the spreadsheet; the standing order; the stock list; the test results; the time sheet; the training material; the travel expenses;
the warranty; the work order; three of the five parts; two pallets
"""
_TAILS = """
a day early; a little too late; after the audit; ahead of schedule; and nobody objected; and went home; as soon as possible;
at no extra cost; at the customer's request; because of the holidays; before noon; before the deadline; by hand; by mistake;
by the end of the week; during the meeting; for the first time; for the new branch; for a smaller fee; from the old system;
in good condition; in less than an hour; in the usual way; in two copies; in writing; instead of waiting; on behalf of the buyer;
on short notice; on the same day; once more; one by one; over the phone; together with the supplier; twice in one week;
under supervision; until further notice; with great care; with the help of a neighbour; within a week; without a word;
without any delay; without asking
"""


def _read(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in " ".join(text.split()).split(";"))


OPENINGS = tuple(phrase[0].upper() + phrase[1:] for phrase in _read(_OPENINGS))
SUBJECTS, VERBS, OBJECTS, TAILS = _read(_SUBJECTS), _read(_VERBS), _read(_OBJECTS), _read(_TAILS)
