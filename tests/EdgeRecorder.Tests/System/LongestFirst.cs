using Xunit.Abstractions;

[assembly: TestCollectionOrderer("EdgeRecorder.Tests.SystemTests.LongestFirst", "EdgeRecorder.Tests")]

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>The two rows of tests that run daemons begin first: each takes as long as all others together, and a row that begins last runs alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections)
        => testCollections.OrderBy(collection => collection.DisplayName is FirstDaemon.Name or SecondDaemon.Name ? 0 : 1);
}
