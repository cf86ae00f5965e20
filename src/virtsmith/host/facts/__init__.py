"""What a machine reports about itself: from the probe guest, pasted output, ssh or the guest agent."""
