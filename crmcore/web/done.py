"""What a page says after an action, by the code in its address."""

from crmcore.web.texts import N_

DONE = {
    "replied": N_("Reply sent"),
    "noted": N_("Note added"),
    "closed": N_("Conversation closed"),
    "reopened": N_("Conversation reopened"),
    "snoozed": N_("Conversation snoozed"),
    "assigned": N_("Conversation assigned"),
    "unassigned": N_("Assignment removed"),
    "priority": N_("Priority changed"),
    "tagged": N_("Tags changed"),
    "retried": N_("The reply is being sent again"),
    "saved": N_("Changes saved"),
    "unchanged": N_("Nothing was changed"),
    "created": N_("Contact created"),
    "task_done": N_("Task done"),
    "task_open": N_("Task opened again"),
    "task_added": N_("Task added"),
    "field_added": N_("Field added"),
    "field_deleted": N_("Field deleted"),
    "field_restored": N_("Field restored with its values"),
    "channel_added": N_("Channel added"),
    "channel_paused": N_("Channel paused"),
    "channel_resumed": N_("Channel resumed"),
    "plugin": N_("Saved. The change takes effect at the next start."),
}
