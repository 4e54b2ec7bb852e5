CREATE TABLE "internationalizationConfigurationOverrideAssignments" (
    "id" SERIAL NOT NULL,
    "i18nOrganizationalUnitIdentifierOfTheAssignedConfiguration" INTEGER,
    "i18nRegionalSubdivisionIdentifierOfTheAssignedConfig" INTEGER,
    "i18nLanguageVariantIdentifierOfTheAssignedConfiguration" INTEGER,

    CONSTRAINT "internationalizationConfigurationOverrideAssignments_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "configurations" (
    "unit" INTEGER NOT NULL,
    "region" INTEGER NOT NULL,
    "language" INTEGER NOT NULL,

    CONSTRAINT "configurations_pkey" PRIMARY KEY ("unit", "region", "language")
);
