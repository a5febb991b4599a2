"""Claims that bound or decide by polynomials: degree four, restricted minors, roots of a chain."""

from accepted_items import (
    COLLIDE,
    EYE,
    FREE,
    GOLDEN,
    IDENTITY,
    NO_L,
    SKIP,
    TWO_SUPPORTS,
    P,
    dense,
    pattern,
    statement,
    supports,
    taps,
    terms,
)
from refused_items import DROP, MANY, claim, edit, model, on

# roots can be dealt in two ways
CHAIN = {"kind": "chain-fibre"}
# one cubic form on a line: the determinant of the identity is 1
MINORS = {
    "kind": "restricted-minors",
    "prime": P,
    "items": [
        {
            "left": [[0, 1, 2], [0, 1, 2]],
            "right": [[0, 1, 2], [0, 1, 2]],
            "kernel": [EYE],
            "prime": P,
            "degree": 3,
            "points": [[0, 1]],
            "flattenings": [[0]],
            "minors": [[0, 0, 1, 2, 0, 1, 2]],
            "forms": [],
            "products": [[0]],
        }
    ],
}
DETERMINANT = [[1, 0, 4, 8], [-1, 0, 5, 7], [-1, 1, 3, 8], [1, 1, 5, 6], [1, 2, 3, 7], [-1, 2, 4, 6]]
# two different supports: where only one has a say, 2 x 2 minors vanish
PLANES = {**IDENTITY, "model": supports([[0, 1], [0, 1]], [[2], [2]])}
PLANES_ITEM = {
    "left": [[0, 1], [0, 1]],
    "right": [[2], [2]],
    "kernel": [[1, 0, 0, 1, 1]],
    "prime": P,
    "degree": 2,
    "points": [[0, 1]],
    "flattenings": [[0]],
    "minors": [[0, 0, 1, 0, 1]],
    "forms": [],
    "products": [[0]],
}
PLANES_MINORS = {**MINORS, "items": [PLANES_ITEM]}
# sums of squares of degree four, one for each target
QUARTIC_KAPPA = {
    "kind": "quartic",
    "target": "kappa",
    "rows": "product",
    "lambda": "1/4",
    "bound": "1/2",
    "items": [
        {
            "left": [[0, 1]],
            "right": [[0, 1]],
            "scale": 4,
            "gram": 1,
            "minor": 1,
            "L": [[3], [5, 3], [0, 5, 1]],
            "minors": [],
            "dets": [],
        }
    ],
}
QUARTIC_GAMMA = {
    **QUARTIC_KAPPA,
    "target": "gamma",
    "lambda": "1",
    "bound": "1",
    "independent": [0, 1],
    "S": [[1, -1], [-1, 2]],
    "scale": 1,
    "psd_form": NO_L,
    "items": [{**QUARTIC_KAPPA["items"][0], "scale": 1, "L": [[0], [0, 0], [0, 0, 0]]}],
}
# three layers with eight different shifts: F is the identity, and less than it leaves room for a determinant
THREE = statement(taps(8, 0, 1), taps(8, 0, 2), taps(8, 0, 4))
QUARTIC_THREE = {
    **QUARTIC_GAMMA,
    "rows": "response",
    "lambda": "1/2",
    "bound": "3/2",
    "independent": list(range(8)),
    "S": [[int(i == j) for j in range(8)] for i in range(8)],
    "items": [
        {
            "left": [[0, 1]] * 3,
            "right": [[0, 1]] * 3,
            "scale": 16,
            "gram": 1,
            "minor": 1,
            "L": [[0] * (i + 1) for i in range(36)],
            "minors": [],
            "dets": [[[[0], [1], [2]], [[[0], [1]]] * 3, 1]],
        }
    ],
}

# four layers: squares of combinations of alternating functions, with one mode or another symmetric
ODD = {"alternating": [[[[0, 1, 2], [[0, 1]] * 3]], [[1]]]}
QUARTIC_THREE_ODD = {**QUARTIC_THREE, "items": [{**QUARTIC_THREE["items"][0], "dets": [], **ODD}]}
FOUR = statement(*(taps(16, 0, n) for n in (1, 2, 4, 8)))
QUARTIC_FOUR = {
    **QUARTIC_THREE,
    "independent": list(range(16)),
    "S": [[int(i == j) for j in range(16)] for i in range(16)],
    "items": [
        {
            "left": [[0, 1]] * 4,
            "right": [[0, 1]] * 4,
            "scale": 256,
            "gram": 1,
            "minor": 1,
            "L": [[0] * (i + 1) for i in range(136)],
            "minors": [],
            "dets": [],
            "alternating": [
                [
                    [[0, 1, 2], [[0, 1], [0, 1], [0, 1], [0, 0]]],
                    [[0, 1, 2], [[0, 1], [0, 1], [0, 1], [0, 1]]],
                    [[0, 1, 3], [[0, 1], [0, 1], [1, 1], [0, 1]]],
                    [[1, 2, 3], [[0, 1], [1, 0], [0, 1], [0, 1]]],
                ],
                [[1, 2, 0, -1], [0, 1, 1, 0]],
            ],
        }
    ],
}


def triangle(text):
    """Lower triangular rows, each by its entries `column:value` that are not zero."""
    rows = [dict(map(int, entry.split(":")) for entry in row.split()) for row in text.split(";")]
    return [[row.get(k, 0) for k in range(i + 1)] for i, row in enumerate(rows)]


def lifted(sizes, rows, model=FREE):
    """Factors of these sizes whose lifting has the given integer rows."""
    factors, before = [], 1
    for n in sizes[:-1]:
        step = [[i, r, r * n + i, "1"] for i in range(n) for r in range(before)]
        factors.append(terms((before, before * n), n, *step))
        before *= n
    n = sizes[-1]
    last = [
        [i, r, c, str(row[r * n + i])]
        for i in range(n)
        for r in range(before)
        for c, row in enumerate(rows)
        if row[r * n + i]
    ]
    return statement(*factors, terms((before, len(rows)), n, *last), model=model)


def vector(n, entries):
    return [entries.get(i, 0) for i in range(n)]


# -- sums of squares for kernels that are not trivial: the minors, determinants and ranks are needed --------


def item(left, right, scale, L, minors=(), dets=()):
    """An inequality for the differences of two boxes."""
    found = {"left": left, "right": right, "scale": scale, "gram": 1, "minor": 1, "L": L}
    return {**found, "minors": list(minors), "dets": list(dets)}


def line(signs, n):
    """The matrix v v^T, v of entries +-1, as evidence of itself."""
    return {"scale": 1, "L": [[signs.get(i, 0), *[0] * i] for i in range(n)]}


def below(n, scale, block, signs):
    """The projection along a vector of entries +-1, times `scale`: rows of A are units, then as many as the block."""
    size, k = n - 1, n - 1 - len(block)
    S = [[scale if i == j else 0 for j in range(size)] for i in range(size)]
    for i, row in enumerate(block):
        S[k + i][k:] = row
    return {"independent": list(range(size)), "S": S, "scale": scale, "psd_form": line(signs, n)}


def of_degree_four(target, least, bound, items, **more):
    found = {"kind": "quartic", "target": target, "rows": "product", "lambda": least, "bound": bound}
    return {**found, "items": items, **more}


BOX = [[0, 1, 2], [0, 1, 2]]
MINOR = [[0], [[0], [1], [2]], [[0], [1], [2]]]
CELLS = [[0, 1], [0, 1], [0, 1]]
DET = [[[0], [1], [2]], [[[0], [1]], [[0], [1]], [[0], [1]]], 1_125_392]
# Re (e_0 + i e_1)^3 spans the kernel: gamma^2 = 4
CUBE = lifted(
    (2, 2, 2),
    [
        *(vector(8, {i: 1}) for i in (1, 2, 4, 7)),
        *(vector(8, entries) for entries in ({0: -1, 3: -1}, {3: 1, 5: -1}, {5: 1, 6: -1})),
    ],
)
# e_00 + e_11 + e_20 spans the kernel; the supports share the columns: gamma^2 = 3
FIRST, SECOND = [[0, 1], [0, 1]], [[2, 3], [0, 1]]
BESIDE = lifted(
    (4, 2),
    [*(vector(8, {i: 1}) for i in (1, 2, 5, 6, 7)), vector(8, {0: 1, 3: -1}), vector(8, {3: 1, 4: -1})],
    supports(FIRST, SECOND),
)
L_LINE = triangle(
    "0:100; 1:122; 2:122; 1:-40 3:115; 0:-100 4:100; 5:154; 2:-40 6:115; 5:-89 7:126; 0:-100 8:100; 0:76 4:-76 8:-31 "
    "9:87; 5:-29 7:-56 10:111; 0:48 4:-48 8:63 9:-62 11:83; 1:43 3:56 12:99; 2:22 6:80 13:121; 5:21 7:-99 10:-49 "
    "14:95; 2:15 6:67 13:-51 15:95; 1:6 3:-91 12:57 16:110; 0:76 4:-31 8:-76 9:15 11:12 17:84; 5:-93 7:-40 10:-49 "
    "14:-32 18:90; 2:6 6:-91 13:-58 15:-15 19:109; 1:15 3:67 12:28 20:104; 0:48 4:63 8:-48 11:-1 17:-63 21:82; 1:22 "
    "3:80 12:-28 16:-50 20:-52 22:94; 2:43 6:56 13:-23 15:16 19:42 23:85; 0:76 4:-76 8:-31 9:-25 11:-83 24:2; 1:40 "
    "3:59 12:-99 25:1; 2:59 6:36 13:-38 15:-29 19:-39 23:-18 26:87; 5:-29 7:-56 10:-14 14:-64 18:-90 27:2; 2:69 6:47 "
    "13:-33 15:-66 19:39 23:18 26:-87 28:2; 1:-88 3:-24 12:-57 16:-110 29:2; 4:-100 24:2 30:1; 5:5 7:-82 10:24 14:14 "
    "18:16 31:84; 2:-88 6:-24 13:58 15:15 19:-109 28:-2 32:1; 5:-70 7:-44 10:-24 14:-14 18:-16 27:1 31:-84 33:1; "
    "4:100 8:100 24:-2 30:-1 34:2; 0:31 4:-76 8:-76 9:-16 11:-11 17:20 21:16 24:2 34:-1 35:80; 1:69 3:47 12:28 16:50 "
    "20:-52 22:-36 29:-1 36:87; 0:-63 4:-48 8:-48 24:2 30:1 34:-1 35:-67 37:79; 5:5 7:-82 10:-24 14:-10 18:-19 27:1 "
    "31:-6 38:84; 0:76 4:-31 8:-76 9:-16 11:-11 17:-21 21:-82 24:1 34:-1 39:1; 1:59 3:36 12:-28 20:-1 22:-58 29:-1 "
    "36:-87 40:1; 2:40 6:59 13:23 15:-16 19:-42 23:-85 41:1; 0:31 4:-76 8:-76 9:15 11:12 17:-20 21:-16 24:2 30:1 "
    "34:-1 35:-14 37:-79 39:1 42:1; 5:-70 7:-44 10:24 14:10 18:19 31:6 38:-84 43:1; 8:-100 24:1 34:-1 39:1"
)
L_CUBE = triangle(
    "0:707; 1:775; 1:130 2:764; 0:354 3:935; 1:130 2:110 4:756; 0:354 3:-400 5:845; 0:354 3:-400 5:-632 6:560; 1:192 "
    "2:162 4:140 7:625; 0:460 3:174 5:274 6:278 8:597; 0:-142 3:-855 5:126 6:333 8:145 9:389; 1:-96 2:573 4:-165 "
    "7:436 10:212; 0:-142 3:480 5:-718 6:333 8:145 9:323 11:217; 1:-96 2:-81 4:590 7:436 10:90 12:192; 1:225 2:-462 "
    "4:-400 7:61 10:90 12:57 13:183; 0:-210 3:-347 5:-548 6:338 8:357 9:-509 11:-155 14:245; 0:460 3:174 5:-21 6:390 "
    "8:-201 9:296 11:-28 14:32 15:476; 1:548 2:-191 4:-165 7:436 10:212 16:9; 0:-142 3:480 5:759 6:-227 8:101 9:339 "
    "11:103 14:129 15:10 17:141; 1:-418 2:299 4:-400 7:61 10:90 12:192 16:-2 18:7; 1:-96 2:-81 4:590 7:436 10:90 "
    "12:57 13:183 16:-2 18:-6 19:4; 0:-210 3:-347 5:635 6:-110 8:-352 9:-246 11:44 14:19 15:454 17:-279 20:22; 0:1 "
    "3:267 5:127 6:336 8:251 9:-93 11:-28 14:32 15:475 21:9; 1:-418 2:-353 4:354 7:61 10:212 16:5 18:-1 22:6; 0:-1 "
    "3:267 5:422 6:-672 8:-501 9:186 11:57 14:-65 15:-5 17:-70 20:6 21:-5 23:4; 0:-1 3:267 5:-761 6:-223 8:251 9:-93 "
    "11:-28 14:32 15:-469 17:70 20:-6 21:-5 23:-2 24:4; 1:96 2:81 4:731 7:64 10:-212 16:-5 18:-2 19:1 22:-1 25:5; "
    "0:460 3:-93 5:148 6:390 8:-201 9:230 11:189 14:32 15:-470 17:70 21:-7 23:-3 24:-4 26:16; 1:548 2:-191 4:-165 "
    "7:436 10:90 12:192 16:2 18:6 19:1 22:-4 25:-1 27:5; 1:-96 2:573 4:-165 7:436 10:90 12:57 13:183 16:-4 18:-1 "
    "22:-4 25:-1 27:-3 28:4; 0:-210 3:722 5:-42 6:-110 8:-352 9:-180 11:-173 14:19 15:-490 17:-209 20:11 21:-19 26:12 "
    "29:13; 0:1 3:1 5:296 6:336 8:251 9:-93 11:-28 14:32 15:-470 17:70 20:-5 21:-5 23:-3 24:-1 26:14 29:5 30:4; 0:-1 "
    "3:-802 5:-85 6:-223 8:251 9:-93 11:-28 14:32 15:474 21:11 23:1 24:2 26:-14 29:-5 30:-4 31:3; 1:96 2:735 4:-24 "
    "7:64 10:-90 12:-192 16:-3 18:-4 19:-2 25:-2 27:-2 28:1 32:4; 0:1 3:1 5:1 6:447 8:-502 9:187 11:57 14:-65 15:-5 "
    "17:-70 20:5 21:-5 23:1 24:-3 26:14 29:5 30:3 31:-1 33:2; 1:741 2:-28 4:-24 7:64 10:-90 12:-57 13:-183 16:5 18:4 "
    "25:-2 27:2 28:-1 32:-3 34:4; 0:-247 3:174 5:275 6:726 8:51 9:136 11:42 14:-116 15:11 17:139 20:-11 21:7 23:-1 "
    "24:-1 26:14 29:2 30:5 33:2 35:5"
)
L_KAPPA = triangle(
    "0:141; 1:174; 2:165; 1:-6 3:174; 0:-212 4:156; 5:192; 2:-56 6:155; 5:-81 7:174; 4:-62 8:179; 0:34 4:2 8:-53 "
    "9:127; 5:-15 7:-41 10:135; 0:7 4:-14 8:-60 9:-27 11:158; 1:-133 3:6 12:217; 2:-9 6:43 13:173; 5:51 7:-79 10:-25 "
    "14:143; 2:-11 6:49 13:-17 15:141; 1:55 3:-28 12:-75 16:166; 0:45 4:15 8:-76 9:35 11:-16 17:102; 5:-93 7:13 "
    "10:-15 14:-24 18:142; 2:-138 6:-96 13:-54 15:12 19:190; 1:25 3:57 12:42 16:3 20:120; 0:65 4:51 8:-20 9:-19 11:15 "
    "17:-43 21:125; 1:44 3:20 12:29 16:-106 20:-36 22:119; 2:88 6:54 13:-17 15:44 19:-36 23:114; 0:34 4:2 8:-53 9:10 "
    "11:-20 17:-12 21:-20 24:123; 1:11 3:-132 12:-3 16:-90 20:63 22:10 25:187; 2:50 6:6 13:-4 15:17 19:34 23:-53 "
    "26:126; 5:-31 7:-31 10:24 14:-10 18:-23 27:130; 2:44 6:6 13:-100 15:-17 19:46 23:32 26:-23 28:126; 1:-30 3:54 "
    "12:-68 16:-106 20:-42 22:-6 25:-124 29:1; 0:2 4:-189 8:-27 9:13 11:-7 17:15 21:7 24:14 30:113; 5:-123 7:-117 "
    "10:-4 14:21 18:-63 27:-66 31:164; 2:-44 6:-162 13:80 15:59 19:-150 23:-11 26:52 28:63 32:2; 5:-54 7:-161 10:-55 "
    "14:-75 18:3 27:1 31:-164 33:1; 0:-1 4:80 8:-26 9:-62 11:-6 17:-82 21:-121 24:-88 30:-102 34:138; 0:11 4:-25 "
    "8:-62 9:4 11:-21 17:46 21:20 24:45 30:-47 34:-8 35:90; 1:19 3:45 12:38 16:78 20:-48 22:-43 25:90 36:88; 0:-33 "
    "4:-37 8:-68 9:-12 11:67 17:-4 21:41 24:5 30:-49 34:-22 35:-74 37:89; 5:50 7:-7 10:36 14:8 18:92 27:95 31:-35 "
    "38:88; 0:45 4:15 8:-76 9:-4 11:-23 17:-9 21:-43 24:25 30:18 34:-92 39:1; 1:56 3:27 12:33 16:-34 20:6 22:-70 "
    "25:34 36:-88 40:1; 2:21 6:101 13:17 15:-44 19:36 23:-114 41:1; 0:11 4:-25 8:-62 9:39 11:-15 17:-14 21:5 24:-2 "
    "30:-36 34:-63 35:-16 37:-89 42:2; 5:-27 7:42 10:82 14:101 18:27 27:35 31:35 38:-88 43:1; 0:14 4:19 8:7 9:11 "
    "11:-24 17:51 21:82 24:25 30:18 34:-92"
)
L_FIRST = triangle(
    "0:100; 1:121; 2:121; 0:-100 3:100; 0:77 3:-77 4:90; 5:96; 1:45 6:112; 0:77 3:-77 4:39 7:81; 2:45 8:112; 3:-100 9:1"
)
L_ACROSS = triangle(
    "0:100; 1:138; 1:-98 2:97; 0:35 3:177; 0:-100 3:36 4:93; 5:132; 6:132; 7:153; 0:55 3:-83 4:-2 8:100; 1:21 2:48 "
    "9:127; 1:-10 2:-53 9:11 10:144; 11:148; 12:148; 13:163; 0:55 3:-83 4:-2 8:-61 14:80; 1:19 2:49 9:-127 15:3; "
    "1:-30 2:-44 9:-11 10:-144 15:-2 16:2; 11:-81 17:124; 12:-81 18:124; 13:-54 19:154; 0:45 3:11 4:-4 8:39 14:79 "
    "20:3; 0:-45 3:25 4:97 8:-39 14:-79 20:-3 21:2; 5:57 22:119; 6:57 23:119; 7:37 24:149; 3:-36 4:-93 21:-1; 5:-3 "
    "22:-2 26:153; 6:-3 23:-2 27:153; 7:9 24:7 28:158; 0:63 3:-43 4:-18 8:19 14:39 20:1 29:109; 6:-30 23:-19 27:55 "
    "30:143; 0:63 3:-43 4:-18 8:19 14:39 20:1 29:-27 31:106; 5:-30 22:-19 26:55 32:143; 0:33 3:-45 4:14 8:12 14:24 "
    "29:25 31:32 33:120"
)
L_SECOND = triangle(
    "0:72; 1:147; 2:147; 3:147; 0:-12 4:122; 5:147; 6:147; 0:-12 4:34 7:118; 8:147; 0:-12 4:34 7:26 9:115"
)
ON_LINE = of_degree_four(
    "gamma",
    "8/25",
    "1769/1000",
    [item(BOX, BOX, 400, L_LINE, [[*MINOR, [[a, -39_999] for a in (0, 4, 8)]]])],
    **below(9, 3, [[2, 1], [1, 2]], {0: 1, 4: 1, 8: 1}),
)
ON_CUBE = of_degree_four(
    "gamma",
    "6/25",
    "1021/500",
    [item(CELLS, CELLS, 10_000, L_CUBE, dets=[DET])],
    **below(8, 4, [[3, 2, 1], [2, 4, 2], [1, 2, 3]], {0: 1, 3: -1, 5: -1, 6: -1}),
)
ON_CUBE_ODD = {
    **ON_CUBE,
    "items": [{**item(CELLS, CELLS, 10_000, L_CUBE), "alternating": [ODD["alternating"][0], [[750], [14]]]}],
}
ON_BOXES = of_degree_four(
    "gamma",
    "3/10",
    "913/500",
    [item(FIRST, FIRST, 1_000, L_FIRST), item(FIRST, SECOND, 1_000, L_ACROSS), item(SECOND, SECOND, 1_000, L_SECOND)],
    **below(8, 3, [[2, 1], [1, 2]], {0: 1, 3: 1, 4: 1}),
)
KAPPA = of_degree_four(
    "kappa",
    "8/25",
    "14/25",
    [item(BOX, BOX, 1_200, L_KAPPA, [[*MINOR, [[0, -40_468], [4, -39_061], [8, -40_468]]]])],
)

# A = [0]: nothing is identifiable
BLIND = statement(dense(1, 1), terms((1, 1), 1))
# T_00 T_11 - T_01 T_10 of the first support, by its terms, times the variable
BESIDE_FORM = {
    **PLANES_ITEM,
    "left": FIRST,
    "right": SECOND,
    "kernel": [[1, 0, 0, 1, 1, 0, 0, 0]],
    "degree": 3,
    "flattenings": [],
    "minors": [],
    "forms": [[[1, 0, 3], [-1, 1, 2]]],
    "products": [[0, 0]],
}
# e_01 spans the kernel, a difference by itself
UNIT = lifted((2, 2), [vector(4, {i: 1}) for i in (0, 2, 3)])
# e_00 + e_11 spans the kernel, the difference of e_00 and -e_11
RANK_TWO = lifted((3, 3), [*(vector(9, {i: 1}) for i in (1, 2, 3, 5, 6, 7, 8)), vector(9, {0: 1, 4: -1})])

DOMINATED = "item: what the squares leave is not dominated by its diagonal"

ACCEPTED = {
    "chain_fibre": (COLLIDE, [CHAIN]),
    "chain_fibre_of_two_strides": (statement(taps(16, 3, 5, 7), taps(16, 0, 2), taps(16, 15, 0), taps(16, 4)), [CHAIN]),
    "chain_fibre_zero_boundary": (
        statement(taps(6, 0, 1, boundary="zero"), taps(4, 0, 1, 2, boundary="zero")),
        [CHAIN],
    ),
    "restricted_minors": (IDENTITY, [MINORS]),
    "restricted_minors_by_a_form": (
        IDENTITY,
        [{**MINORS, "items": [{**MINORS["items"][0], "minors": [], "flattenings": [], "forms": [DETERMINANT]}]}],
    ),
    "restricted_minors_of_a_degree_more": (
        IDENTITY,
        [{**MINORS, "items": [{**MINORS["items"][0], "degree": 4, "products": [[0, 0]]}]}],
    ),
    "restricted_minors_of_rank_one": (PLANES, [PLANES_MINORS]),
    "quartic_kappa": (GOLDEN, [QUARTIC_KAPPA]),
    "quartic_gamma": (GOLDEN, [QUARTIC_GAMMA]),
    "quartic_with_a_determinant": (THREE, [QUARTIC_THREE]),
    "quartic_on_a_line": (IDENTITY, [ON_LINE]),
    "quartic_on_a_line_kappa": (IDENTITY, [KAPPA]),
    "quartic_on_a_cube": (CUBE, [ON_CUBE]),
    "quartic_with_an_alternating_function": (THREE, [QUARTIC_THREE_ODD]),
    "quartic_with_alternating_functions_of_four_modes": (FOUR, [QUARTIC_FOUR]),
    "quartic_on_a_cube_by_an_alternating_function": (CUBE, [ON_CUBE_ODD]),
    "quartic_of_two_supports": (BESIDE, [ON_BOXES]),
    "restricted_minors_by_a_form_of_one_support": (BESIDE, [{**MINORS, "items": [BESIDE_FORM]}]),
}


def minors(path, value, reason):
    """One change in the item of `restricted_minors`."""
    return edit(
        "restricted_minors", (("claims", 0, "items", 0, *path), value), reason=claim("restricted-minors", reason)
    )


ODD_MODES = ("items", 0, "alternating", 0, 0, 0)
ODD_REASON = "alternating: not an odd number of modes, three or more"


def four(base, path, value, reason=DOMINATED):
    """One change in a claim of degree four."""
    return edit(base, (("claims", 0, *path), value), reason=claim("quartic", reason))


REJECTED = {
    # -- roots dealt to layers
    "chain_fibre_of_a_family": on(
        TWO_SUPPORTS, [CHAIN], claim("chain-fibre", "chain-fibre: the model is not all real parameters")
    ),
    "chain_fibre_of_nonnegative_kernels": on(
        model(sign="nonnegative"), [CHAIN], claim("chain-fibre", "chain-fibre: the model is not all real parameters")
    ),
    "chain_fibre_in_two_dimensions": edit(
        "shift_counts_two_dimensions",
        (("claims",), [CHAIN]),
        reason=claim("chain-fibre", "chain-fibre: not a chain of convolutions"),
    ),
    "chain_fibre_with_data": on(
        {**COLLIDE, "data": {"shape": [4, 1], "entries": [[0, 0, "1"]]}},
        [CHAIN],
        claim("chain-fibre", "chain-fibre: not a chain of convolutions"),
    ),
    "chain_fibre_through_a_known_layer": edit(
        "shift_counts_signed_skip",
        (("claims",), [CHAIN]),
        reason=claim("chain-fibre", "chain-fibre: not a single path of free kernels"),
    ),
    "chain_fibre_of_two_paths": edit(
        "trivial_kernel_path_scale",
        (("claims",), [CHAIN]),
        reason=claim("chain-fibre", "chain-fibre: not a single path of free kernels"),
    ),
    "chain_fibre_of_a_kernel_with_a_hole": on(
        statement(taps(16, 0, 1, 3), taps(16, 0, 1)),
        [CHAIN],
        claim("chain-fibre", "chain-fibre: a kernel is not a full run of taps"),
    ),
    "chain_fibre_of_a_tap_twice": on(
        statement(taps(16, 0, 0), taps(16, 0, 1)),
        [CHAIN],
        claim("chain-fibre", "chain-fibre: a kernel is not a full run of taps"),
    ),
    "chain_fibre_that_wraps_around": on(
        statement(taps(3, 0, 1), taps(3, 0, 1, 2)),
        [CHAIN],
        claim("chain-fibre", "chain-fibre: the product wraps around"),
    ),
    "chain_fibre_of_many_roots": on(
        statement(taps(1, *range(402), boundary="zero")),
        [CHAIN],
        claim("chain-fibre", "chain-fibre: more roots than the checker deals"),
    ),
    # -- forms on the kernel
    "restricted_minors_of_too_large_a_family": on(
        {**MANY, "model": {"kind": "sparse", "sign": "real", "sparsity": [1]}},
        [MINORS],
        claim("restricted-minors", "more supports than are compared"),
    ),
    "restricted_minors_kernel_outside": minors(
        ("kernel",), [[1, 0, 0, 0, 1, 0, 0, 0, 2]], reason="kernel: a vector is not in the kernel"
    ),
    "restricted_minors_kernel_forgotten": on(
        {
            **IDENTITY,
            "factors": [
                IDENTITY["factors"][0],
                {**IDENTITY["factors"][1], "terms": [t for t in IDENTITY["factors"][1]["terms"] if t[2] != 7]},
            ],
        },
        [MINORS],
        claim("restricted-minors", "kernel: the rank modulo the prime leaves room for more"),
    ),
    "restricted_minors_without_kernel": on(
        {**IDENTITY, "factors": [dense(1, 1), dense(1, 1)]},
        [{**MINORS, "items": [{**MINORS["items"][0], "left": [[0], [0]], "right": [[0], [0]], "kernel": []}]}],
        claim("restricted-minors", "kernel: no vector"),
    ),
    "restricted_minors_of_many_forms": on(
        statement(terms((1, 1), 4)),
        [
            {
                **MINORS,
                "items": [
                    {
                        **MINORS["items"][0],
                        "left": [[0, 1, 2, 3]],
                        "right": [[0, 1, 2, 3]],
                        "kernel": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
                        "degree": 59,
                    }
                ],
            }
        ],
        claim("restricted-minors", "item: more forms than the checker takes"),
    ),
    "restricted_minors_flattening_of_all_modes": minors(
        ("flattenings", 0), [0, 1], reason="flattenings: all modes on one side"
    ),
    "restricted_minors_of_size_one": minors(("minors", 0), [0, 0, 0], reason="minors: neither 2 x 2 nor 3 x 3"),
    "restricted_minors_of_no_size": minors(("minors", 0), [0, 0, 1, 2, 0, 1], reason="minors: neither 2 x 2 nor 3 x 3"),
    "restricted_minors_at_a_dead_coordinate": on(
        statement(
            pattern((1, 2), [(0, 0), (0, 1)]),
            pattern((2, 2), [(0, 0), (1, 1)]),
            equivalence="neuron-scale",
            data={"shape": [2, 1], "entries": [[0, 0, "1"], [1, 0, "1"]]},
        ),
        [
            {
                **MINORS,
                "items": [{**PLANES_ITEM, "left": [[0, 1], [0, 1]], "right": [[0, 1], [0, 1]], "kernel": [[1, -1]]}],
            }
        ],
        claim("restricted-minors", "minors: a cell that is no coordinate"),
    ),
    "restricted_minors_of_rank_one_where_both_have_a_say": edit(
        "restricted_minors",
        (("claims", 0, "items", 0, "degree"), 2),
        (("claims", 0, "items", 0, "minors"), [[0, 0, 1, 0, 1]]),
        reason=claim("restricted-minors", "minors: 2 x 2, but both boxes have a say"),
    ),
    "restricted_minors_by_a_constant": edit(
        "restricted_minors_by_a_form",
        (("claims", 0, "items", 0, "forms"), [[]]),
        reason=claim("restricted-minors", "forms: a form of degree 1 to 6 is needed"),
    ),
    "restricted_minors_by_a_permanent": edit(
        "restricted_minors_by_a_form",
        (("claims", 0, "items", 0, "forms", 0, 1, 0), 1),
        reason=claim("restricted-minors", "forms: a form does not vanish on all differences"),
    ),
    "restricted_minors_by_another_degree": minors(
        ("products", 0), [0, 0], reason="products: a product of another degree"
    ),
    "restricted_minors_at_a_point_where_they_vanish": minors(
        ("points", 0),
        [0, 0],
        reason="products: dependent modulo the prime, or in an order with a singular leading block",
    ),
    "restricted_minors_of_some_pairs": edit(
        "restricted_minors_of_rank_one",
        (("claims", 0, "items"), []),
        reason=claim("restricted-minors", "a pair of supports with a kernel is in no item"),
    ),
    # -- sums of squares of degree four
    "quartic_under_path_scale": on(SKIP, [QUARTIC_KAPPA], claim("quartic", "quartic: the equivalence is not scale")),
    "quartic_of_many_columns": on(
        MANY, [QUARTIC_KAPPA], claim("quartic", "quartic: more columns than the checker takes")
    ),
    "quartic_lambda_negative": edit(
        "quartic_kappa",
        (("claims", 0, "lambda"), "-1"),
        reason=claim("quartic", "quartic: lambda and the bound have to be positive"),
    ),
    "quartic_bound_negative": edit(
        "quartic_gamma",
        (("claims", 0, "bound"), "-1"),
        reason=claim("quartic", "quartic: lambda and the bound have to be positive"),
    ),
    "quartic_kappa_too_large": edit(
        "quartic_kappa",
        (("claims", 0, "bound"), "51/100"),
        reason=claim("quartic", "quartic: kappa^2 is more than lambda"),
    ),
    "quartic_gamma_too_small": edit(
        "quartic_gamma",
        (("claims", 0, "bound"), "99/100"),
        reason=claim("quartic", "quartic: gamma^2 is less than 1/lambda"),
    ),
    "quartic_lambda_too_large": edit(
        "quartic_kappa",
        (("claims", 0, "lambda"), "40/100"),
        reason=claim("quartic", "item: what the squares leave is not dominated by its diagonal"),
    ),
    "quartic_row_twice": edit(
        "quartic_gamma", (("claims", 0, "independent"), [0, 0]), reason=claim("quartic", "independent: repeated")
    ),
    "quartic_form_above_the_projection": edit(
        "quartic_gamma",
        (("claims", 0, "S"), [[2, -2], [-2, 4]]),
        reason=claim("quartic", "psd_form: scale*M - L*L^T is not diagonally dominant"),
    ),
    "quartic_form_of_scale_zero": edit(
        "quartic_gamma",
        (("claims", 0, "scale"), 0),
        (("claims", 0, "S"), [[0, 0], [0, 0]]),
        reason=claim("quartic", "scale: not positive"),
    ),
    "quartic_item_of_scale_zero": edit(
        "quartic_kappa",
        (("claims", 0, "items", 0, "scale"), 0),
        (("claims", 0, "items", 0, "L"), [[0], [0, 0], [0, 0, 0]]),
        reason=claim("quartic", "item: scale, gram and minor have to be positive"),
    ),
    "quartic_squares_taken_twice": edit(
        "quartic_kappa",
        (("claims", 0, "items", 0, "gram"), -1),
        reason=claim("quartic", "item: scale, gram and minor have to be positive"),
    ),
    "quartic_of_many_coordinates": on(
        statement(*(taps(128, *range(11)) for _ in range(2))),
        [
            {
                **QUARTIC_KAPPA,
                "rows": "response",
                "items": [{**QUARTIC_KAPPA["items"][0], "left": [list(range(11))] * 2, "right": [list(range(11))] * 2}],
            }
        ],
        claim("quartic", "item: more coordinates than the checker takes"),
    ),
    "quartic_minor_of_all_modes": edit(
        "quartic_with_a_determinant",
        (("claims", 0, "items", 0, "minors"), [[[0, 1, 2], [[0, 0, 0]] * 3, [[]] * 3, []]]),
        reason=claim("quartic", "minors: all modes on one side"),
    ),
    "quartic_minor_of_equal_rows": edit(
        "quartic_with_a_determinant",
        (("claims", 0, "items", 0, "minors"), [[[0], [[0], [1], [0]], [[0, 0], [0, 1], [1, 1]], []]]),
        reason=claim("quartic", "minors: a row or column twice"),
    ),
    "quartic_determinant_of_two_modes": edit(
        "quartic_with_a_determinant",
        (("claims", 0, "items", 0, "dets", 0, 0), [[0], [1], [1]]),
        reason=claim("quartic", "dets: the groups do not divide the modes"),
    ),
    "quartic_determinant_of_equal_slices": edit(
        "quartic_with_a_determinant",
        (("claims", 0, "items", 0, "dets", 0, 1, 0), [[1], [1]]),
        reason=claim("quartic", "dets: the two indices of a group are equal"),
    ),
    "quartic_determinant_negative": edit(
        "quartic_with_a_determinant",
        (("claims", 0, "items", 0, "dets", 0, 2), -1),
        reason=claim("quartic", "dets: a negative weight"),
    ),
    "quartic_determinant_too_heavy": edit(
        "quartic_with_a_determinant",
        (("claims", 0, "items", 0, "dets", 0, 2), 99),
        reason=claim("quartic", "item: what the squares leave is not dominated by its diagonal"),
    ),
    "quartic_of_no_pair": edit(
        "quartic_gamma",
        (("claims", 0, "items"), []),
        reason=claim("quartic", "quartic: a pair of supports is in no item"),
    ),
    "quartic_of_half_a_box": edit(
        "quartic_kappa",
        (("claims", 0, "items", 0, "right"), [[0]]),
        reason=claim("quartic", "quartic: a pair of supports is in no item"),
    ),
    "quartic_of_too_large_a_family": on(
        {**statement(terms((1, 1), 1_500)), "model": {"kind": "sparse", "sign": "real", "sparsity": [1]}},
        [{**QUARTIC_KAPPA, "items": []}],
        claim("quartic", "quartic: more supports than are compared"),
    ),
    # -- forms on the kernel, of what is not identifiable
    "restricted_minors_form_that_does_not_vanish": on(
        UNIT,
        [
            {
                **MINORS,
                "items": [
                    {
                        **BESIDE_FORM,
                        "right": FIRST,
                        "kernel": [[0, 1, 0, 0]],
                        "degree": 1,
                        "forms": [[[1, 1]]],
                        "products": [[0]],
                    }
                ],
            }
        ],
        claim("restricted-minors", "forms: a form does not vanish on all differences"),
    ),
    "restricted_minors_form_of_a_wrong_sign": edit(
        "restricted_minors_by_a_form_of_one_support",
        (("claims", 0, "items", 0, "forms", 0, 1, 0), 1),
        reason=claim("restricted-minors", "forms: a form does not vanish on all differences"),
    ),
    "restricted_minors_of_rank_two": on(
        RANK_TWO,
        [{**MINORS, "items": [{**MINORS["items"][0], "kernel": [vector(9, {0: 1, 4: 1})]}]}],
        claim(
            "restricted-minors",
            "products: dependent modulo the prime, or in an order with a singular leading block",
        ),
    ),
    # -- sums of squares where the kernel is not trivial
    "quartic_lambda_of_zero": on(
        BLIND,
        [of_degree_four("kappa", "0", "0", [item([[0], [0]], [[0], [0]], 1, [[0]])])],
        claim("quartic", "quartic: lambda and the bound have to be positive"),
    ),
    "quartic_nothing_below_the_projection": on(
        BLIND,
        [
            of_degree_four(
                "gamma",
                "1",
                "1",
                [item([[0], [0]], [[0], [0]], 1, [[0]])],
                independent=[],
                S=[],
                scale=0,
                psd_form=NO_L,
            )
        ],
        claim("quartic", "scale: not positive"),
    ),
    "quartic_larger_lambda_on_a_line": four("quartic_on_a_line", ("lambda",), "17/50"),
    "quartic_squares_too_large": four("quartic_on_a_line", ("items", 0, "L", 5, 5), 308),
    "quartic_without_the_minor": four("quartic_on_a_line", ("items", 0, "minors"), []),
    "quartic_multiplier_of_another_sign": four("quartic_on_a_line", ("items", 0, "minors", 0, 3, 0, 1), 39_999),
    "quartic_gamma_of_the_optimum": four(
        "quartic_on_a_line", ("bound",), "1732/1000", "quartic: gamma^2 is less than 1/lambda"
    ),
    "quartic_asymmetric_form": four("quartic_on_a_line", ("S", 0, 1), 1, "S: not symmetric"),
    "quartic_without_the_hyperdeterminant": four("quartic_on_a_cube", ("items", 0, "dets"), []),
    "quartic_without_the_alternating_function": four(
        "quartic_on_a_cube_by_an_alternating_function", ("items", 0, "alternating", 1), []
    ),
    "quartic_alternating_function_too_heavy": four(
        "quartic_with_an_alternating_function", ("items", 0, "alternating", 1, 0, 0), 9
    ),
    "quartic_alternating_in_one_mode": four("quartic_with_an_alternating_function", ODD_MODES, [1], ODD_REASON),
    "quartic_alternating_in_two_modes": four("quartic_with_an_alternating_function", ODD_MODES, [0, 2], ODD_REASON),
    "quartic_alternating_in_four_modes": four(
        "quartic_with_alternating_functions_of_four_modes", ODD_MODES, [0, 1, 2, 3], ODD_REASON
    ),
    "quartic_first_pair_missing": four(
        "quartic_of_two_supports", ("items", 0), DROP, "quartic: a pair of supports is in no item"
    ),
    "quartic_pair_across_missing": four(
        "quartic_of_two_supports", ("items", 1), DROP, "quartic: a pair of supports is in no item"
    ),
}
MALFORMED: dict = {}
