using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Web;

/// <summary>Where the published program differs from a build for development. Begins with the first tests: the program is published while recorders wait for the clock, and is there for the pages.</summary>
public sealed class PublishedTests
{
    [Fact]
    public async Task The_OpenAPI_document_is_the_one_checked_in()
    {
        using var setup = new DaemonSetup { Program = await PublishedProgram.PathAsync() };
        await using var daemon = await DaemonProcess.StartAsync(setup);
        using var answer = await daemon.Http.GetAsync("/openapi/v1.json");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(await File.ReadAllTextAsync(Repository.Path("docs/api/openapi.json")), await answer.Content.ReadAsStringAsync());
    }
}
