/*
 * moves: what the transitions of machine.c change, say and answer.  Pure.  For
 * machine.c alone.
 */
#ifndef MOVES_H
#define MOVES_H

#include "machine.h"

#define RENEW_BIT(job)	(1U << (job))	/* of an enum ipc_acme_job */

/* A transition: of which machine, and why. */
struct renew_move {
	struct renew_machine	*m;
	const struct renew_event *ev;
	const struct renew_facts *f;	/* of the event */
	const struct renew_ops	*ops;
};

/* The job is over: tell derpctl how it ended. */
void	 renew_do_send_answer(const struct renew_move *s);

/* acme.plan has been read. */
void	 renew_do_read_record(const struct renew_move *s);

/* There is no acme section any more. */
void	 renew_do_switch_off(const struct renew_move *s);

/* derpctl requests a job. */
void	 renew_do_note_request(const struct renew_move *s);

/* A configuration is in force: what was refused may have been mended. */
void	 renew_do_note_reload(const struct renew_move *s);

/* A job begins, that which is due; an order counts as failed until it ends. */
void	 renew_do_begin(const struct renew_move *s);

/* The record of a try can't be written: none is made. */
void	 renew_do_not_remembered(const struct renew_move *s);

/* A key or a file that the job needs can't be had. */
void	 renew_do_not_begun(const struct renew_move *s);

/* One that it may do without can't be had. */
void	 renew_do_goes_without(const struct renew_move *s);

/* keys has the next account key, or has not. */
void	 renew_do_next_held(const struct renew_move *s);
void	 renew_do_next_not_held(const struct renew_move *s);

/* acme-helper gets the job. */
void	 renew_do_hand_over(const struct renew_move *s);

/* It has had it for too long. */
void	 renew_do_kill_helper(const struct renew_move *s);

/* It has ended in the job. */
void	 renew_do_helper_gone(const struct renew_move *s);

/* It says how the job ended. */
void	 renew_do_read_result(const struct renew_move *s);

/* Another account key is in place, or there is none: it goes on soon. */
void	 renew_do_goes_on(const struct renew_move *s);

/* The account key could not be put aside. */
void	 renew_do_no_other_key(const struct renew_move *s);

/* An order came to nothing. */
void	 renew_do_order_failed(const struct renew_move *s);

/* The chain that came back is no good. */
void	 renew_do_chain_refused(const struct renew_move *s);

/* The new certificate is in force, or is not. */
void	 renew_do_order_in_force(const struct renew_move *s);
void	 renew_do_order_not_in_force(const struct renew_move *s);

/* The directory said when to renew, or did not. */
void	 renew_do_window_known(const struct renew_move *s);
void	 renew_do_window_unknown(const struct renew_move *s);

/* The account has its new key. */
void	 renew_do_roll_taken(const struct renew_move *s);

/* The directory has it, and the file could not be renamed. */
void	 renew_do_roll_stuck(const struct renew_move *s);

/* The directory refused the new account key for the first time. */
void	 renew_do_roll_refused(const struct renew_move *s);

/* It did so again, or nobody knows what it did. */
void	 renew_do_roll_failed(const struct renew_move *s);

/* The next account key is gone. */
void	 renew_do_next_forgotten(const struct renew_move *s);

/* It is the account key, as another job has found. */
void	 renew_do_next_taken(const struct renew_move *s);

/* The directory has revoked the certificate, or has not. */
void	 renew_do_was_revoked(const struct renew_move *s);
void	 renew_do_not_revoked(const struct renew_move *s);

/* The revoked certificate is served no more, or still is. */
void	 renew_do_revoked_aside(const struct renew_move *s);
void	 renew_do_revoked_served(const struct renew_move *s);

/* The directory knows the contacts; they are written down; or it does not. */
void	 renew_do_contacts_known(const struct renew_move *s);
void	 renew_do_contacts_written(const struct renew_move *s);
void	 renew_do_contacts_unknown(const struct renew_move *s);

#endif
