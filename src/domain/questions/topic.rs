//! The catalogue of topics. Their texts are in `src/words`.

use crate::domain::named::named;

named! {
    /// A topic of the catalogue of security questions (Entra's list of 35, in words of our own). Its
    /// text in each language is in `sspr::words`, feature `words`.
    ///
    /// ```
    /// use sspr::method::{QuestionId, QuestionTopic};
    ///
    /// assert_eq!(QuestionTopic::ALL.len(), 35);
    /// assert_eq!(QuestionId::from(QuestionTopic::FirstPet).as_str(), "first_pet");
    /// ```
    pub enum QuestionTopic {
        /// The city in which the person met the first spouse or partner.
        CityMetPartner = "city_met_partner",
        /// The city in which the parents met.
        CityParentsMet = "city_parents_met",
        /// The city in which the sibling who lives nearest lives.
        CityNearestSibling = "city_nearest_sibling",
        /// The city in which the father was born.
        CityFatherBorn = "city_father_born",
        /// The city of the first job.
        CityFirstJob = "city_first_job",
        /// The city in which the mother was born.
        CityMotherBorn = "city_mother_born",
        /// The city on the first day of the year 2000.
        CityNewYear2000 = "city_new_year_2000",
        /// The last name of the favourite teacher at high school.
        HighSchoolTeacher = "high_school_teacher",
        /// A college that the person applied to and did not attend.
        CollegeNotAttended = "college_not_attended",
        /// The place of the first wedding reception.
        FirstWeddingPlace = "first_wedding_place",
        /// The middle name of the father.
        FatherMiddleName = "father_middle_name",
        /// The favourite food.
        FavouriteFood = "favourite_food",
        /// The full name of the mother's mother.
        MaternalGrandmother = "maternal_grandmother",
        /// The middle name of the mother.
        MotherMiddleName = "mother_middle_name",
        /// The month and year in which the oldest sibling was born.
        OldestSiblingBirth = "oldest_sibling_birth",
        /// The middle name of the oldest sibling.
        OldestSiblingMiddleName = "oldest_sibling_middle_name",
        /// The full name of the father's father.
        PaternalGrandfather = "paternal_grandfather",
        /// The middle name of the youngest sibling.
        YoungestSiblingMiddleName = "youngest_sibling_middle_name",
        /// The school of the sixth grade.
        SixthGradeSchool = "sixth_grade_school",
        /// The best friend in childhood.
        ChildhoodFriend = "childhood_friend",
        /// The first love.
        FirstLove = "first_love",
        /// The last name of the favourite teacher at grade school.
        GradeSchoolTeacher = "grade_school_teacher",
        /// The first car or motorcycle.
        FirstVehicle = "first_vehicle",
        /// The first school.
        FirstSchool = "first_school",
        /// The hospital of birth.
        BirthHospital = "birth_hospital",
        /// The street of the first home.
        ChildhoodStreet = "childhood_street",
        /// The hero in childhood.
        ChildhoodHero = "childhood_hero",
        /// The favourite stuffed animal.
        StuffedAnimal = "stuffed_animal",
        /// The first pet.
        FirstPet = "first_pet",
        /// The nickname in childhood.
        ChildhoodNickname = "childhood_nickname",
        /// The favourite sport at high school.
        HighSchoolSport = "high_school_sport",
        /// The first job.
        FirstJob = "first_job",
        /// The last four digits of the phone number in childhood.
        ChildhoodPhone = "childhood_phone",
        /// The job dreamed of in childhood.
        ChildhoodDreamJob = "childhood_dream_job",
        /// The most famous person met.
        FamousPersonMet = "famous_person_met",
    }
}

impl QuestionTopic {
    /// Every topic, in the order of the catalogue.
    pub const ALL: [Self; 35] = [
        Self::CityMetPartner,
        Self::CityParentsMet,
        Self::CityNearestSibling,
        Self::CityFatherBorn,
        Self::CityFirstJob,
        Self::CityMotherBorn,
        Self::CityNewYear2000,
        Self::HighSchoolTeacher,
        Self::CollegeNotAttended,
        Self::FirstWeddingPlace,
        Self::FatherMiddleName,
        Self::FavouriteFood,
        Self::MaternalGrandmother,
        Self::MotherMiddleName,
        Self::OldestSiblingBirth,
        Self::OldestSiblingMiddleName,
        Self::PaternalGrandfather,
        Self::YoungestSiblingMiddleName,
        Self::SixthGradeSchool,
        Self::ChildhoodFriend,
        Self::FirstLove,
        Self::GradeSchoolTeacher,
        Self::FirstVehicle,
        Self::FirstSchool,
        Self::BirthHospital,
        Self::ChildhoodStreet,
        Self::ChildhoodHero,
        Self::StuffedAnimal,
        Self::FirstPet,
        Self::ChildhoodNickname,
        Self::HighSchoolSport,
        Self::FirstJob,
        Self::ChildhoodPhone,
        Self::ChildhoodDreamJob,
        Self::FamousPersonMet,
    ];
}
