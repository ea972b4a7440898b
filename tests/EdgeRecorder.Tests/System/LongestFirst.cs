using Xunit.Abstractions;

[assembly: TestCollectionOrderer("EdgeRecorder.Tests.SystemTests.LongestFirst", "EdgeRecorder.Tests")]

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>
/// The rows of tests that run daemons begin first, beside them the program is published and the pages follow: a long row that begins last runs alone at the end.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections)
        => testCollections.OrderBy(collection => collection.DisplayName switch
        {
            FirstDaemon.Name or SecondDaemon.Name or ThirdDaemon.Name or FourthDaemon.Name => 0,
            var name when name.Contains(nameof(Web.PublishedTests), StringComparison.Ordinal) => 1,
            Web.Pages.Name => 2,
            _ => 3,
        });
}
