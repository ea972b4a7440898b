using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Web;

/// <summary>Where the published program differs from a build for development.</summary>
[Collection(Pages.Name)]
public sealed class PublishedTests(PageRig rig)
{
    [Fact]
    public async Task The_OpenAPI_document_is_the_one_checked_in()
    {
        using var setup = rig.Setup();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        using var answer = await daemon.Http.GetAsync("/openapi/v1.json");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(await File.ReadAllTextAsync(Repository.Path("docs/api/openapi.json")), await answer.Content.ReadAsStringAsync());
    }
}
