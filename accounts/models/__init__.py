from accounts.models.audience import Audience
from accounts.models.branch import Branch, BranchRecord, BranchRight
from accounts.models.cultivation import CultivationContact, TalkGroup, TalkGroupMember
from accounts.models.directory import DirectoryChange, DirectorySync
from accounts.models.dormitory import DormBuilding, DormRoom, RoomAssignment
from accounts.models.feedback import Feedback
from accounts.models.membership import Membership
from accounts.models.office import Office
from accounts.models.roster import RosterImport, RosterRow
from accounts.models.stage import StageChange
from accounts.models.user import User
from accounts.models.wecom_identity import WeComIdentity

__all__ = [
    "Audience",
    "Branch",
    "BranchRecord",
    "BranchRight",
    "CultivationContact",
    "DirectoryChange",
    "DirectorySync",
    "DormBuilding",
    "DormRoom",
    "Feedback",
    "Membership",
    "Office",
    "RoomAssignment",
    "RosterImport",
    "RosterRow",
    "StageChange",
    "TalkGroup",
    "TalkGroupMember",
    "User",
    "WeComIdentity",
]
