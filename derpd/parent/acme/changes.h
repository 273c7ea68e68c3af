/*
 * changes: the changes that the transitions of machine.c make, with their log
 * lines and answers.  Pure.  For machine.c only.
 */
#ifndef CHANGES_H
#define CHANGES_H

#include "machine.h"

#define RENEW_BIT(job)	(1U << (job))	/* of an enum ipc_acme_job */

/* The context of a transition. */
struct renew_move {
	struct renew_machine	*m;
	const struct renew_event *ev;
	const struct renew_facts *f;	/* of the event */
	const struct renew_ops	*ops;
};

/* The job has ended: send derpctl its answer. */
void	 renew_do_send_answer(const struct renew_move *s);

/* acme.plan has been read. */
void	 renew_do_read_record(const struct renew_move *s);

/* The acme section was removed. */
void	 renew_do_switch_off(const struct renew_move *s);

/* derpctl requests a job. */
void	 renew_do_note_request(const struct renew_move *s);

/* A configuration is in force: the cause of a refusal may be removed. */
void	 renew_do_note_reload(const struct renew_move *s);

/* Begin the job that is due; an order counts as failed until it ends. */
void	 renew_do_begin(const struct renew_move *s);

/* The record of a try can't be written: the try is not made. */
void	 renew_do_not_remembered(const struct renew_move *s);

/* A key or file that the job needs can't be used. */
void	 renew_do_not_begun(const struct renew_move *s);

/* A key or file that the job can do without can't be used. */
void	 renew_do_goes_without(const struct renew_move *s);

/* keys has the next account key, or does not. */
void	 renew_do_next_held(const struct renew_move *s);
void	 renew_do_next_not_held(const struct renew_move *s);

/* Hand the job to acme-helper. */
void	 renew_do_hand_over(const struct renew_move *s);

/* acme-helper is overdue. */
void	 renew_do_kill_helper(const struct renew_move *s);

/* acme-helper has ended during the job. */
void	 renew_do_helper_gone(const struct renew_move *s);

/* acme-helper reports the outcome. */
void	 renew_do_read_result(const struct renew_move *s);

/* Another account key is in place, or none: retry soon. */
void	 renew_do_goes_on(const struct renew_move *s);

/* The account key could not be put aside. */
void	 renew_do_no_other_key(const struct renew_move *s);

/* An order failed. */
void	 renew_do_order_failed(const struct renew_move *s);

/* The chain that was received is not valid. */
void	 renew_do_chain_refused(const struct renew_move *s);

/* The new certificate is in force, or is not. */
void	 renew_do_order_in_force(const struct renew_move *s);
void	 renew_do_order_not_in_force(const struct renew_move *s);

/* The renewal window was received, or was not. */
void	 renew_do_window_known(const struct renew_move *s);
void	 renew_do_window_unknown(const struct renew_move *s);

/* The account has its new key. */
void	 renew_do_roll_taken(const struct renew_move *s);

/* The directory has the new key, but its file could not be renamed. */
void	 renew_do_roll_stuck(const struct renew_move *s);

/* The directory refused the new account key for the first time. */
void	 renew_do_roll_refused(const struct renew_move *s);

/* The directory refused it again, or the outcome is unknown. */
void	 renew_do_roll_failed(const struct renew_move *s);

/* The next account key was dropped. */
void	 renew_do_next_forgotten(const struct renew_move *s);

/* Another job found that the next account key is the account's. */
void	 renew_do_next_taken(const struct renew_move *s);

/* The directory has revoked the certificate, or has not. */
void	 renew_do_was_revoked(const struct renew_move *s);
void	 renew_do_not_revoked(const struct renew_move *s);

/* The revoked certificate is no longer served, or still is. */
void	 renew_do_revoked_aside(const struct renew_move *s);
void	 renew_do_revoked_served(const struct renew_move *s);

/* The directory has the contacts; they are recorded; or it refused them. */
void	 renew_do_contacts_known(const struct renew_move *s);
void	 renew_do_contacts_written(const struct renew_move *s);
void	 renew_do_contacts_unknown(const struct renew_move *s);

#endif
