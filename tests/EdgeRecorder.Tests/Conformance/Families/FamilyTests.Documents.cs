using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using EdgeRecorder.Tests.Api;

namespace EdgeRecorder.Tests.Conformance.Families;

/// <summary>What a stranger reads and runs: documents of the families, example clients.</summary>
public sealed partial class FamilyTests
{
    private static readonly string[] Methods = ["get", "head", "post", "put", "patch", "delete"];

    [Theory]
    [InlineData("cdvr")]
    [InlineData("axxon")]
    [InlineData("ome")]
    [InlineData("inspector")]
    public async Task Every_route_of_a_document_answers_as_it_lists(string family)
    {
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(Repository.Path($"docs/api/{family}.openapi.json")));
        var root = document.RootElement;
        var answered = 0;
        foreach (var path in root.GetProperty("paths").EnumerateObject())
        {
            var isService = path.Value.TryGetProperty("servers", out _);
            using var client = FamiliesBox.Client(isService ? box.Setup.InspectorRecordingPort : Port(family), family == "ome" ? FamiliesBox.OmeToken : null);
            foreach (var method in Methods)
                if (path.Value.TryGetProperty(method, out var operation))
                {
                    await AnswersAsync(client, root, path.Name, method, operation);
                    answered++;
                }
                else if (method is not "head")              // read-only routes may answer one
                    await IsNotForAsync(client, path.Name, path.Value, method);
        }
        Assert.True(answered >= 4, $"{answered} operations");
        using var after = FamiliesBox.Client(box.Setup.InspectorPort);
        foreach (var command in new[] { "stoprecording", "stopclip" })
            await NothingAsync(after, $"/api/inspector/{command}");
        using var cdvr = FamiliesBox.Client(box.Setup.CdvrPort);
        await CdvrAsync(cdvr, "Stop", "gate");
    }

    /// <summary>Two for each family, as `docs/examples` has them.</summary>
    [Theory]
    [InlineData("cdvr.sh")]
    [InlineData("cdvr.py")]
    [InlineData("axxon.sh")]
    [InlineData("axxon.py")]
    [InlineData("ome.sh")]
    [InlineData("ome.py")]
    [InlineData("inspector.sh")]
    [InlineData("inspector.py")]
    public async Task Example_clients_run(string example)
    {
        var family = example.Split('.')[0];
        var address = $"http://127.0.0.1:{Port(family)}";
        var service = $"http://127.0.0.1:{box.Setup.InspectorRecordingPort}";
        string[] arguments = example switch
        {
            "cdvr.sh" => [address, "gate", "1", "3", "3"],
            "axxon.sh" => [address, "1", "3"],
            "ome.sh" => [address, "gate", FamiliesBox.Token, "3"],
            "inspector.sh" => [address, service, "2"],
            "inspector.py" => ["--control", address, "--service", service, "--seconds", "2"],
            "cdvr.py" => ["--base", address, "--seconds", "3", "3:gate:1", "3:yard:1"],
            "ome.py" => ["--base", address, "--stream", "yard", "--seconds", "5"],
            _ => ["--base", address, "--seconds", "2"],
        };
        using var folder = new TemporaryDirectory();
        Directory.CreateDirectory(folder.File("work"));
        using var process = Process.Start(new ProcessStartInfo(Repository.Path($"docs/examples/{example}"), arguments) { WorkingDirectory = folder.File("work"), RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(process.ExitCode == 0, $"{example}: {process.ExitCode}\n{await said}\n{await errors}");
        Assert.NotEqual("", await said);
        foreach (var file in Directory.GetFiles(folder.File("work"), "*.mp4"))
            await Media.Tool.DecodesAsync(file);
    }

    private static async Task AnswersAsync(HttpClient client, JsonElement root, string path, string method, JsonElement operation)
    {
        var what = $"{method} {path}";
        using var request = new HttpRequestMessage(new HttpMethod(method.ToUpperInvariant()), Fill(path, operation));
        if (operation.TryGetProperty("requestBody", out var body))
            request.Content = Requests.Json(body.GetProperty("content").GetProperty("application/json").GetProperty("example").GetRawText());
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(operation.GetProperty("responses").TryGetProperty(((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture), out var listed), $"{what}: {(int)answer.StatusCode} {text}");
        Assert.True(answer.StatusCode is < HttpStatusCode.BadRequest or HttpStatusCode.NotFound, $"{what}: its own example is refused: {(int)answer.StatusCode} {text}");
        if (listed.TryGetProperty("content", out var content) && method != "head")
        {
            var type = answer.Content.Headers.ContentType!.MediaType!;
            Assert.True(content.TryGetProperty(type, out var media), $"{what}: {type} is not listed");
            if (type == "application/json" && media.TryGetProperty("schema", out var schema))
                Fits(JsonDocument.Parse(text).RootElement, schema, root, what);
        }
        else
            Assert.Equal("", text);
        if (answer.Headers.Location is { } made)            // a live export would run for an hour
            using (var gone = await client.DeleteAsync(made.OriginalString))
                Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
    }

    private static async Task IsNotForAsync(HttpClient client, string path, JsonElement operations, string method)
    {
        var other = Methods.Select(m => operations.TryGetProperty(m, out var operation) ? operation : default).First(operation => operation.ValueKind == JsonValueKind.Object);
        using var request = new HttpRequestMessage(new HttpMethod(method.ToUpperInvariant()), Fill(path, other));
        using var answer = await client.SendAsync(request);
        Assert.True(answer.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotFound, $"{method} {path}, which the document does not list: {(int)answer.StatusCode}");
    }

    private static string Fill(string path, JsonElement operation)
    {
        var query = new List<string>();
        if (operation.TryGetProperty("parameters", out var parameters))
            foreach (var parameter in parameters.EnumerateArray())
            {
                var name = parameter.GetProperty("name").GetString()!;
                var value = parameter.TryGetProperty("example", out var example) ? example.ToString() : null;
                if (parameter.GetProperty("in").GetString() == "path")
                    path = path.Replace($"{{{name}}}", value!, StringComparison.Ordinal);
                else if (value is not null)
                    query.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        return query.Count == 0 ? path : $"{path}?{string.Join('&', query)}";
    }

    /// <summary>Types and required members; enough to see that a document speaks of what is sent.</summary>
    private static void Fits(JsonElement value, JsonElement schema, JsonElement root, string what)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            schema = root.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        if (!schema.TryGetProperty("type", out var type))
            return;                                         // one of several
        var kind = value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => "boolean", JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number", JsonValueKind.String => "string",
            JsonValueKind.Array => "array", JsonValueKind.Object => "object", _ => "null",
        };
        Assert.True(type.ToString() == kind || type.ToString() == "number" && kind == "integer", $"{what}: {value} is not {type}");
        if (kind == "array")
            foreach (var item in value.EnumerateArray())
                Fits(item, schema.GetProperty("items"), root, what);
        if (kind != "object")
            return;
        foreach (var required in schema.GetProperty("required").EnumerateArray())
            Assert.True(value.TryGetProperty(required.GetString()!, out _), $"{what}: {required} is missing in {value}");
        foreach (var member in value.EnumerateObject())
            if (schema.GetProperty("properties").TryGetProperty(member.Name, out var inner))
                Fits(member.Value, inner, root, $"{what}: {member.Name}");
    }
}
