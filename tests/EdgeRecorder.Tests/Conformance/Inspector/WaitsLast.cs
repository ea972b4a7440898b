using Xunit.Abstractions;
using Xunit.Sdk;

namespace EdgeRecorder.Tests.Conformance.Inspector;

/// <summary>By number, but those that wait for minutes of recording in the background last.</summary>
public sealed class WaitsLast : ITestCaseOrderer
{
    private static readonly string[] Waiting = ["I19", "I22", "I23", "I27"];

    public IEnumerable<TTestCase> OrderTestCases<TTestCase>(IEnumerable<TTestCase> testCases) where TTestCase : ITestCase
        => testCases.OrderBy(test => Waiting.Any(number => test.TestMethod.Method.Name.StartsWith(number, StringComparison.Ordinal))).ThenBy(test => test.TestMethod.Method.Name, StringComparer.Ordinal);
}
