using System.Text.RegularExpressions;

namespace EdgeRecorder.Tests.Jt808;

public sealed partial class DeviationsPageTests
{
    [Theory]
    [InlineData("docs/jt-deviations.md")]
    [InlineData("docs/gb-deviations.md")]
    public void Every_deviation_on_the_page_has_a_test_that_is_there(string page)
    {
        var rows = File.ReadLines(Repository.Path(page)).Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| deviation", StringComparison.Ordinal)).ToList();
        var tests = typeof(DeviationsPageTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods().Where(method => method.GetCustomAttributes(typeof(FactAttribute), inherit: true).Length > 0).Select(method => $"{type.Name}.{method.Name}")).ToHashSet();
        Assert.True(rows.Count > 20);
        Assert.All(rows, row => Assert.NotEmpty(TestName().Matches(row)));
        Assert.Subset(tests, rows.SelectMany(row => TestName().Matches(row)).Select(match => match.Groups[1].Value).ToHashSet());
    }

    [GeneratedRegex(@"`(\w+Tests\.\w+)`")]
    private static partial Regex TestName();
}
