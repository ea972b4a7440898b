using Xunit.Abstractions;

[assembly: TestCollectionOrderer("EdgeRecorder.Tests.SystemTests.LongestFirst", "EdgeRecorder.Tests")]

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>
/// The two rows of tests that run daemons begin first: each takes longer than all others together, and a row that begins last runs alone at the end. Beside them the program is published,
/// which the pages wait for at the end.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections)
        => testCollections.OrderBy(collection => collection.DisplayName switch
        {
            FirstDaemon.Name or SecondDaemon.Name => 0,
            var name when name.Contains(nameof(Web.PublishedTests), StringComparison.Ordinal) => 1,
            _ => 2,
        });
}
