/** Tests of what is pure: they load nothing of JupyterLab. */
module.exports = {
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  testEnvironment: 'node',
  transform: {
    '\\.tsx?$': ['ts-jest', { tsconfig: 'tests/tsconfig.json' }]
  }
};
