//! The answers to security questions: hashed when a set is registered, verified for one attempt.

use std::time::Duration;

use crate::domain::account::AnswerHash;
use crate::domain::account::{Expected, Generation, QuestionSet, StoredAnswer};
use crate::domain::crypto::secret::SecretText;
use crate::domain::crypto::ticket::TicketClaims;
use crate::domain::identity::ids::{TenantId, UserId};
use crate::domain::method::MethodKind;
use crate::domain::policy::Policy;
use crate::domain::policy::served::{Lack, Unserved};
use crate::domain::questions::QuestionId;
use crate::domain::questions::answer::normal;
use crate::domain::refusal::Refusal;
use crate::domain::rules::{Answered, Match, set_of};
use crate::engine::api::attempt::{Attempt, Given};
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::core::Core;
use crate::engine::core::compare::Comparison;
use crate::engine::core::context::decoy_user_id;
use crate::engine::core::hashing::{DecoyHash, HashPermit};
use crate::engine::observe::Observed;
use crate::port::{PortError, SlowHash};

/// After how long a caller that was refused as [`Refusal::Overloaded`] may try again.
const RETRY: Duration = Duration::from_secs(1);

impl Core {
    /// Makes the seed and the hash that are compared for an account that has none.
    pub(crate) async fn make_decoys(&self) -> Result<(), Error> {
        self.seal_decoy_seed().await?;
        self.hash_decoy_answer().await
    }

    /// Hashes the empty text, which no answer can be, for accounts without questions. Measures how
    /// long a hash takes.
    async fn hash_decoy_answer(&self) -> Result<(), Error> {
        let Some(hash) = &self.slow_hash else { return Ok(()) };
        let secret = SecretText::from("");
        let text = hash.hash(&secret).await.at(FaultOrigin::SlowHash)?;
        let begun = self.clock.steady();
        hash.verify(&secret, &text).await.at(FaultOrigin::SlowHash)?;
        let ended = self.clock.steady();
        let took = begun.zip(ended).map(|(begun, ended)| ended.saturating_sub(begun));
        self.decoy_hash.get_or_init(|| DecoyHash { text, took });
        Ok(())
    }

    /// Names the setting `questions.first` if the hashes of an attempt take longer than the reply
    /// floor.
    pub(crate) fn uncovered_hashes(&self, policy: &Policy) -> Option<Unserved> {
        let one = self.decoy_hash.get()?.took?;
        let all = one * u32::from(policy.questions.reset);
        let asked = policy.counts_questions() && policy.questions.first;
        let kind = MethodKind::SecurityQuestions;
        (asked && all >= self.reply_floor)
            .then(|| Unserved::new("questions.first", Some(kind), Lack::ReplyFloor))
    }

    /// A permit to hash, if this attempt needs one.
    ///
    /// # Errors
    ///
    /// [`Refusal::Overloaded`].
    pub(crate) fn permit_attempt(
        &self,
        claim: &TicketClaims,
        attempt: &Attempt,
    ) -> Result<Option<HashPermit<'_>>, Refusal> {
        let Given::Answers(_) = &attempt.given else { return Ok(None) };
        let known = !claim.purpose.anonymous() || claim.generation > Generation::default();
        self.permit(known).map(Some)
    }

    /// A permit to hash.
    ///
    /// # Errors
    ///
    /// [`Refusal::Overloaded`].
    pub(crate) fn permit(&self, known: bool) -> Result<HashPermit<'_>, Refusal> {
        let retry_at = self.clock.now().plus(RETRY);
        self.hashing.begin(known).ok_or(Refusal::Overloaded { retry_at })
    }

    /// Hashes the answers of a user.
    pub(crate) async fn hash_answers(
        &self,
        tenant: &TenantId,
        user: &UserId,
        answers: &[(QuestionId, SecretText)],
    ) -> Result<Vec<StoredAnswer>, Error> {
        let hash = self.slow_hash.as_ref().ok_or(Refusal::NotOffered)?;
        let mut hashed = Vec::new();
        for (question, answer) in answers {
            let normal = normal(answer.expose_secret());
            let secret = self.keys.answer(tenant, user, question.as_str(), &normal);
            let text = hash.hash(&secret).await.at(FaultOrigin::SlowHash)?;
            if text.len() > AnswerHash::MAX_BYTES {
                let error =
                    PortError::denied().because("the hash is longer than a record may hold");
                return Err(error).at(FaultOrigin::SlowHash);
            }
            hashed.push(StoredAnswer::new(question.clone(), text));
        }
        Ok(hashed)
    }

    /// Verifies the answers that the challenge asked for. Each attempt verifies the same number of
    /// hashes, with or without an account, and whichever answer is wrong.
    pub(crate) async fn matching_answers(
        &self,
        comparison: &Comparison<'_>,
        policy: &Policy,
        given: &[(QuestionId, SecretText)],
    ) -> Result<Option<Match>, Error> {
        let Some((hash, decoy)) = self.slow_hash.as_ref().zip(self.decoy_hash.get()) else {
            return Ok(None);
        };
        let set = match &comparison.challenge.expected {
            Expected::SecurityQuestions(id) => set_of(comparison.account, id),
            _ => None,
        };
        let decoy_user = decoy_user_id(comparison.identifier)?;
        let tenant = &comparison.target.tenant;
        let user = comparison.target.user.as_ref().unwrap_or(&decoy_user);
        let asked = comparison.asked;
        let count = asked.len().max(policy.questions.reset.into());
        let (mut right, mut failed) = (0, None);
        for place in 0..count {
            let (question, stored) = asked_at(asked, set, place);
            let answer = given.iter().find(|(id, _)| Some(id) == question);
            let typed = answer.or(given.get(place)).map_or("", |(_, typed)| typed.expose_secret());
            let id = question.map_or("", QuestionId::as_str);
            let secret = self.keys.answer(tenant, user, id, &normal(typed));
            match hash.verify(&secret, stored.unwrap_or(&decoy.text)).await {
                Ok(fits) => right += usize::from(fits & stored.is_some() & answer.is_some()),
                // The other hashes are verified too, so that a fault takes as long.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if let Some(error) = failed {
            return Err(error).at(FaultOrigin::SlowHash);
        }
        if right != count || given.len() != count {
            return Ok(None);
        }
        let rehashed = self.rehash(hash, (tenant, user), (asked, set), given).await;
        Ok(Some(Match::Answers(Answered { asked: asked.to_vec(), rehashed })))
    }

    /// Hashes the correct answers again if one of their hashes is not current. After an error the
    /// hashes stay as they are, and the answers still count as correct.
    async fn rehash(
        &self,
        hash: &Observed<dyn SlowHash>,
        (tenant, user): (&TenantId, &UserId),
        (asked, set): (&[QuestionId], Option<&QuestionSet>),
        given: &[(QuestionId, SecretText)],
    ) -> Vec<StoredAnswer> {
        let mut stored = asked.iter().filter_map(|question| set?.hash_of(question));
        if stored.all(|text| hash.is_current(text)) {
            return Vec::new();
        }
        self.hash_answers(tenant, user, given).await.unwrap_or_default()
    }
}

/// The question at this place, and the hash of its answer.
fn asked_at<'a>(
    asked: &'a [QuestionId],
    set: Option<&'a QuestionSet>,
    place: usize,
) -> (Option<&'a QuestionId>, Option<&'a str>) {
    let question = asked.get(place);
    let stored = question.and_then(|question| set?.hash_of(question));
    (question, stored)
}

#[cfg(test)]
mod tests {
    use crate::domain::crypto::keys::Keys;
    use crate::domain::crypto::secret::SecretBytes;
    use crate::domain::identity::ids::{TenantId, UserId};

    /// A hash that is copied to another account, tenant, question or store fits no answer there.
    #[test]
    fn what_is_hashed_belongs_to_one_question_of_one_user() {
        let keys = |lookup| {
            let secret = |byte| SecretBytes::new(vec![byte; 32]);
            Keys::new(secret(lookup), 1, secret(9)).expect("long enough")
        };
        let hashed = |lookup, [tenant, user, question, answer]: [&str; 4]| {
            let tenant = TenantId::parse(tenant).expect("an id");
            let user = UserId::parse(user).expect("an id");
            let secret = keys(lookup).answer(&tenant, &user, question, answer);
            secret.expose_secret().to_owned()
        };
        let all = [
            hashed(1, ["t", "ada", "first_pet", "rex"]),
            hashed(2, ["t", "ada", "first_pet", "rex"]),
            hashed(1, ["u", "ada", "first_pet", "rex"]),
            hashed(1, ["t", "bob", "first_pet", "rex"]),
            hashed(1, ["t", "ada", "first_love", "rex"]),
            hashed(1, ["t", "ada", "first_pet", "max"]),
            hashed(1, ["ta", "da", "first_pet", "rex"]),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.iter().all(|secret| secret.len() == 43 && !secret.contains("rex")));
    }
}
