"""Articles by category: what they are, of what sort, and in which version. The words are our own; the names are of no brand."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Goods:
    """The articles of one category.

    Attributes:
        nouns: What they are.
        sorts: Words before the noun.
        versions: What may follow it.
    """

    nouns: tuple[str, ...]
    sorts: tuple[str, ...]
    versions: tuple[str, ...]


def _goods(nouns: str, sorts: str, versions: str) -> Goods:
    return Goods(
        *(tuple(word.strip() for word in " ".join(text.split()).split(",")) for text in (nouns, sorts, versions))
    )


GOODS = MappingProxyType({
    "garden": _goods("""Bench, Bird Feeder, Chair, Flower Pot, Fire Bowl, Garden Hose, Hedge Trimmer, Lantern, Lawn Mower, Parasol,
        Plant Stand, Planter, Pruning Shears, Rain Barrel, Rake, Raised Bed, Spade, Table, Trellis, Watering Can, Wheelbarrow""",
        "Aluminium, Classic, Cordless, Foldable, Hardwood, Heavy-Duty, Rust-Free, Solar, Teak, Weatherproof", "12 l, 2-Piece Set, Large, XL, 180 cm"),
    "kitchen": _goods("""Baking Tray, Blender, Bread Knife, Casserole, Chopping Board, Coffee Maker, Colander, Dutch Oven, Food Container,
        Frying Pan, Kettle, Kitchen Scale, Knife Block, Mixing Bowl, Pepper Mill, Saucepan, Spatula, Toaster, Waffle Iron, Wok""",
        "Cast Iron, Ceramic, Compact, Digital, Glass, Non-Stick, Oak, Professional, Silicone, Stainless Steel", "1.7 l, 24 cm, 28 cm, Set of 3, Set of 6"),
    "toys": _goods("""Board Game, Building Blocks, Card Game, Construction Kit, Dinosaur, Doll House, Fire Engine, Kite, Marble Run, Memory Game,
        Play Tent, Plush Bear, Pull-Along Duck, Puzzle, Race Track, Robot, Rocking Horse, Spinning Top, Tool Bench, Train Set""",
        "Classic, Colourful, Giant, Glow-in-the-Dark, Magnetic, Mini, Musical, Soft, Talking, Wooden", "100 Pieces, 3+, 48 Pieces, Deluxe, Starter Set"),
    "electronics": _goods("""Action Camera, Bluetooth Speaker, Desk Lamp, Digital Frame, Docking Station, Earbuds, Fitness Tracker, Game Controller,
        Headphones, Keyboard, Memory Card, Monitor, Mouse, Power Bank, Projector, Router, Smart Plug, Smartwatch, Soundbar, Tablet, Webcam""",
        "4K, Compact, Fast-Charging, Gaming, Noise-Cancelling, Portable, Slim, Smart, Waterproof, Wireless", "Gen 2, Gen 3, Max, Mini, Plus, Pro"),
    "clothing": _goods("""Beanie, Belt, Blazer, Cardigan, Chinos, Dress, Hoodie, Jacket, Jeans, Leggings, Polo Shirt, Raincoat, Scarf, Shirt,
        Shorts, Skirt, Socks, Sweater, T-Shirt, Trousers, Vest""",
        "Casual, Cotton, Denim, Fitted, Fleece, Linen, Merino, Oversized, Padded, Striped", "Black, Grey, Navy, Olive, Petite, Tall"),
    "shoes": _goods("Ankle Boots, Ballerinas, Clogs, Hiking Boots, Loafers, Running Shoes, Sandals, Slippers, Sneakers, Wellingtons",
        "Breathable, Canvas, Insulated, Leather, Lightweight, Suede, Vegan, Waterproof", "Black, Brown, High, Low, White, Wide"),
    "sports": _goods("""Basketball, Bike Helmet, Camping Stove, Climbing Rope, Dumbbells, Football, Goggles, Jump Rope, Kayak Paddle, Kettlebell,
        Punching Bag, Resistance Bands, Sleeping Bag, Snorkel, Swim Cap, Tennis Racket, Tent, Trekking Poles, Water Bottle, Yoga Mat""",
        "Adjustable, Anti-Slip, Carbon, Competition, Folding, Junior, Lightweight, Outdoor, Professional, Training", "10 kg, 2-Person, Pair, Pro, Size 5, XL"),
    "beauty": _goods("""Body Lotion, Conditioner, Eye Cream, Face Mask, Face Serum, Foot Balm, Hair Oil, Hand Cream, Lip Balm, Mascara, Nail Polish,
        Night Cream, Shampoo, Shower Gel, Soap Bar, Sun Lotion""",
        "Aloe, Argan, Calming, Fragrance-Free, Hydrating, Lavender, Nourishing, Organic, Repairing, Vitamin C", "100 ml, 250 ml, 50 ml, Duo, SPF 30, Travel Size"),
    "grocery": _goods("""Basmati Rice, Black Tea, Chickpeas, Chocolate, Coconut Milk, Coffee Beans, Crispbread, Granola, Honey, Lentils, Mixed Nuts,
        Mustard, Oat Drink, Olive Oil, Olives, Pasta, Pesto, Raisins, Strawberry Jam, Tomato Sauce""",
        "Classic, Extra Virgin, Fair Trade, Fine, Homestyle, Mild, Natural, Organic, Roasted, Wholegrain", "1 kg, 250 g, 500 g, 750 ml, 6-Pack, Family Pack"),
    "office": _goods("""Binder, Calculator, Clipboard, Desk Organiser, Envelopes, Fountain Pen, Gel Pens, Highlighters, Label Printer, Letter Tray,
        Notebook, Office Chair, Paper Shredder, Pencil Case, Stapler, Sticky Notes, Tape Dispenser, Whiteboard""",
        "A4, A5, Ergonomic, Executive, Heavy-Duty, Lined, Magnetic, Recycled, Refillable, Standard", "10-Pack, 100 Sheets, 3-Pack, Black, Blue, Set of 5"),
    "furniture": _goods("""Armchair, Bar Stool, Bed Frame, Bedside Table, Bookcase, Chest of Drawers, Coat Rack, Coffee Table, Desk, Dining Chair,
        Dining Table, Display Cabinet, Footstool, Lounge Chair, Mirror, Shelf, Shoe Cabinet, Sideboard, Sofa, Wardrobe""",
        "Beech, Contemporary, Corner, Extendable, Industrial, Oak, Scandinavian, Upholstered, Velvet, Walnut", "120 cm, 140 x 200 cm, 2-Seater, 3-Seater, 80 cm, Set of 2"),
    "tools": _goods("""Adjustable Wrench, Angle Grinder, Chisel Set, Circular Saw, Clamp, Combination Pliers, Cordless Drill, Drill Bits, Hammer,
        Hex Keys, Jigsaw, Measuring Tape, Orbital Sander, Screwdriver Set, Socket Set, Spirit Level, Tool Box, Utility Knife, Workbench""",
        "18 V, Brushless, Compact, Forged, Heavy-Duty, Insulated, Magnetic, Precision, Professional, Universal", "10-Piece, 250 mm, 32-Piece, 5 m, Kit, with Case"),
    "pets": _goods("""Aquarium Filter, Bird Cage, Cat Litter, Cat Tree, Chew Toy, Dog Bed, Dog Collar, Dog Lead, Feeding Bowl, Fish Food, Grooming Brush,
        Hamster Wheel, Pet Carrier, Scratching Post, Treats""",
        "Adjustable, Durable, Natural, Orthopaedic, Padded, Reflective, Soft, Washable", "Large, Medium, Refill Pack, Small, XL"),
    "books": _goods("Atlas, Cookbook, Diary, Dictionary, Field Guide, Handbook, History, Memoir, Novel, Phrase Book, Picture Book, Textbook, Travel Guide",
        "Annotated, Complete, Concise, Essential, Illustrated, Pocket, Practical, Visual", "2nd Edition, 3rd Edition, Gift Edition, Hardcover, Large Print, Paperback"),
    "home": _goods("""Bath Mat, Bath Towel, Bed Linen, Blanket, Candle, Curtain, Cushion, Door Mat, Duvet, Laundry Basket, Photo Frame, Pillow, Rug,
        Storage Box, Table Lamp, Vase, Wall Clock""",
        "Bamboo, Cotton, Handwoven, Knitted, Linen, Minimalist, Quilted, Recycled, Scented, Woollen", "140 x 200 cm, 50 x 70 cm, Large, Pair, Set of 2, Set of 4"),
    "automotive": _goods("""Air Freshener, Battery Charger, Brake Pads, Car Vacuum, Dash Camera, Floor Mats, Headlight Bulb, Ice Scraper, Jump Leads, Phone Mount,
        Roof Box, Seat Cover, Sunshade, Tow Rope, Tyre Inflator, Wiper Blades""",
        "12 V, Digital, Foldable, Heavy-Duty, LED, Magnetic, Portable, Universal", "Front, Kit, Pair, Rear, Set of 4, XL"),
})  # fmt: skip
# Other names under which shops have these categories.
ALIASES = MappingProxyType({
    "garden & outdoor": "garden", "outdoor": "garden", "home & garden": "garden", "cooking": "kitchen", "kitchenware": "kitchen", "toys & games": "toys", "games": "toys",
    "tech": "electronics", "computers": "electronics", "audio": "electronics", "apparel": "clothing", "fashion": "clothing", "clothes": "clothing", "footwear": "shoes",
    "sport": "sports", "outdoors": "sports", "fitness": "sports", "cosmetics": "beauty", "health": "beauty", "food": "grocery", "groceries": "grocery",
    "stationery": "office", "office supplies": "office", "diy": "tools", "hardware": "tools", "pet supplies": "pets", "book": "books", "household": "home",
    "decor": "home", "automotive parts": "automotive", "car": "automotive",
})  # fmt: skip
