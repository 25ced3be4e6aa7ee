"""Phrases of customers' reviews, from the worst rating to the best. They are our own, and fit any article."""

from __future__ import annotations

ASPECTS = tuple(
    f"The {aspect} "
    for aspect in ("assembly", "build", "colour", "customer service", "delivery", "design", "documentation", "feel", "finish",
                   "fit", "handling", "material", "overall quality", "packaging", "price", "size", "surface", "weight")
)  # fmt: skip
# One tuple for each level of content.
OPENINGS = (
    ("A complete waste of money.", "Awful.", "Do not buy this.", "I have never been so disappointed.", "I sent it back at once.",
     "It broke on the first day.", "Terrible from start to finish.", "The worst purchase of the year.", "Useless.",
     "Zero stars if that were possible."),
    ("A disappointment.", "I expected much more.", "Not as described.", "Not worth the price.", "Sadly below average.",
     "Would not order again.", "It stopped working after a few weeks.", "More trouble than it is worth.", "Rather poor.",
     "I regret this order."),
    ("Average.", "It does the job, no more.", "It is okay.", "Mixed feelings.", "Neither good nor bad.", "Nothing special.",
     "So-so.", "Some things work, others do not.", "Acceptable for the price.", "Fine for occasional use."),
    ("A good choice.", "Good value.", "Happy with it so far.", "I like it.", "Nice, with small flaws.", "Solid and useful.",
     "Well made.", "Works well.", "Better than I expected.", "Pleased with the purchase."),
    ("Absolutely perfect.", "Best purchase of the year.", "Excellent.", "Exceeded all my expectations.", "Fantastic.",
     "I love it.", "Outstanding in every way.", "Simply superb.", "Wonderful, I bought a second one.", "Could not be happier."),
)  # fmt: skip
VERDICTS = (
    ("is appalling.", "is a bad joke.", "is dreadful.", "is horrible.", "is the worst I have seen.", "is unacceptable.",
     "made me angry.", "was a disaster."),
    ("is below par.", "is disappointing.", "is not good enough.", "is poor.", "leaves a lot to be desired.",
     "let me down.", "was worse than promised.", "is weak."),
    ("is average.", "is fair.", "is nothing to write home about.", "is okay.", "is ordinary.", "is acceptable.",
     "could be better, could be worse.", "is as expected."),
    ("is good.", "is pleasant.", "is quite nice.", "is convincing.", "is better than expected.", "works for me.",
     "is well thought out.", "made a good impression."),
    ("is amazing.", "is excellent.", "is first class.", "is flawless.", "is outstanding.", "is perfect.", "is superb.",
     "thrilled me."),
)  # fmt: skip
ENDINGS = (
    ("", "Avoid.", "I want my money back.", "Never again.", "Stay away.", "I warned all my friends."),
    ("", "I would not recommend it.", "Look elsewhere.", "There are better ones.", "I will try to return it.", "Two stars at most."),
    ("", "You get what you pay for.", "I may keep it.", "Time will tell.", "Others may like it more.", "It will do."),
    ("", "I would buy it again.", "Recommended.", "Good for the money.", "A friend has ordered one too.", "Worth a look."),
    ("", "Highly recommended.", "Five stars.", "Buy it without a second thought.", "Thank you.", "Everybody should have one."),
)  # fmt: skip
