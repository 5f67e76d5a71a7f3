"""Nine buildings, six floors of 24 rooms, 4 or 6 beds; two for women, one mixed by floor."""

from collections.abc import Iterator

from accounts.models import DormBuilding, DormRoom, RoomAssignment, User

FLOORS, ROOMS = 6, 24
BUILDINGS = {
    "桂苑 1 栋": "women", "桂苑 2 栋": "women", "桂苑 3 栋": "men", "桂苑 4 栋": "men",
    "榕园 1 栋": "mixed", "榕园 2 栋": "men", "榕园 3 栋": "men",
    "竹园 A 座": "men", "竹园 B 座": "men",
}  # fmt: skip


def build() -> list[DormRoom]:
    """Make buildings and rooms; the upper half of the mixed building is for women."""
    buildings = DormBuilding.objects.bulk_create(
        DormBuilding(name=name, residents=residents, floors=FLOORS, is_demo=True)
        for name, residents in BUILDINGS.items()
    )
    return DormRoom.objects.bulk_create(
        DormRoom(
            building=building,
            floor=floor,
            name=f"{floor}{number:02}",
            beds=6 if number % 3 == 0 else 4,
            residents=building.residents
            if building.residents != DormBuilding.Residents.MIXED
            else ("women" if floor > FLOORS // 2 else "men"),
        )
        for building in buildings
        for floor in range(1, FLOORS + 1)
        for number in range(1, ROOMS + 1)
    )


def _beds(rooms: list[DormRoom], side: str) -> Iterator[tuple[DormRoom, int]]:
    for room in rooms:
        if room.residents == side:
            yield from ((room, bed) for bed in range(1, room.beds + 1))


def move_in(rooms: list[DormRoom], people: list[User], moved_in: dict[int, object]) -> None:
    """Give every student a bed, class by class; ``moved_in`` maps a grade to its first day."""
    beds = {side: _beds(rooms, side) for side in ("men", "women")}
    assignments = []
    for person in people:
        side = "women" if person.gender == User.Gender.FEMALE else "men"
        if (place := next(beds[side], None)) is not None:
            room, bed = place
            assignments.append(
                RoomAssignment(person=person, room=room, bed=bed, since=moved_in[person.grade])
            )
    RoomAssignment.objects.bulk_create(assignments, batch_size=500)
