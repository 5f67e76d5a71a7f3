import pytest

from tests.factories import UserFactory
from tests.granting import grant


@pytest.fixture
def secretary(org):
    person = UserFactory(name="程立", branch=org.a1)
    grant(person, "secretary", org.a1)
    return person


@pytest.fixture
def college_admin(org):
    person = UserFactory(name="方敏", branch=org.a2)
    grant(person, "college_admin", org.college_a)
    return person


@pytest.fixture
def desk(client, secretary):
    """The secretary of A1 at his desk."""
    client.force_login(secretary)
    return client


@pytest.fixture
def college_desk(client, college_admin):
    """The administrator of college A, above A1 and A2."""
    client.force_login(college_admin)
    return client
