using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace EdgeRecorder.PowerCut;

/// <summary>The program itself, started on what a power cut left, with nobody's help: ready, lets in who was let in, knows what it had confirmed, and stops in order.</summary>
internal sealed class LiveStart(string program, string configuration, string root, Acknowledged known)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>What is wrong, or null.</summary>
    public async Task<string?> RunAsync()
    {
        var port = FreePort().ToString(CultureInfo.InvariantCulture);
        using var process = Process.Start(new ProcessStartInfo(program, ["serve", "--config", configuration, $"--storage:root={root}", $"--api:box:port={port}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/"), Timeout = TimeSpan.FromSeconds(10) };
            using var patience = new CancellationTokenSource(Patience);
            var healthy = await UntilHealthyAsync(client, process, patience.Token);
            var wrong = healthy ? await AskAsync(client) : "is not healthy";
            if (!process.HasExited)
                Tool.Must("kill", "-TERM", process.Id.ToString(CultureInfo.InvariantCulture));
            await process.WaitForExitAsync(patience.Token);
            wrong ??= process.ExitCode == 0 ? null : $"ends with {process.ExitCode}";
            return wrong is null ? null : $"the program {wrong}: {string.Concat(await said)}";
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or JsonException or KeyNotFoundException)
        {
            return $"the program: {e.Message}";
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static async Task<bool> UntilHealthyAsync(HttpClient client, Process process, CancellationToken patience)
    {
        while (!process.HasExited)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri("healthz", UriKind.Relative), patience);
                if (answer.StatusCode == HttpStatusCode.OK)
                    return true;
            }
            catch (HttpRequestException)
            {
                // Its door is not open yet.
            }
            await Task.Delay(50, patience);
        }
        return false;
    }

    private async Task<string?> AskAsync(HttpClient client)
    {
        if (!known.IsReady)
            return null;
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"admin:{known.Password}")));
        using var login = await client.GetAsync(new Uri("api/v1/channels", UriKind.Relative));
        if (login.StatusCode != HttpStatusCode.OK)
            return $"does not let in who had the first password ({(int)login.StatusCode})";
        var channels = JsonDocument.Parse(await login.Content.ReadAsStringAsync()).RootElement.EnumerateArray().Select(c => c.GetProperty("id").GetString()).ToHashSet();
        if (known.Channels.Keys.FirstOrDefault(id => !channels.Contains(id)) is { } missing)
            return $"has lost channel {missing}";
        var locks = JsonDocument.Parse(await client.GetStringAsync(new Uri("api/v1/locks", UriKind.Relative))).RootElement.EnumerateArray().Select(c => c.GetProperty("id").GetString()).ToHashSet();
        if (known.Locks.Keys.FirstOrDefault(id => !locks.Contains(id)) is { } unlocked)
            return $"has lost lock {unlocked}";
        foreach (var (id, number) in known.Channels.Where(c => known.RecordedToMs.ContainsKey(c.Value)))
        {
            var timeline = JsonDocument.Parse(await client.GetStringAsync(new Uri($"api/v1/channels/{id}/timeline?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z", UriKind.Relative))).RootElement;
            var end = timeline.GetProperty("spans").EnumerateArray().Select(s => s.GetProperty("to").GetDateTimeOffset().ToUnixTimeMilliseconds()).DefaultIfEmpty(0).Max();
            if (end < known.RecordedToMs[number])
                return $"shows channel {number} up to {end}, it had shown {known.RecordedToMs[number]}";
            if (!known.IsStopping && !timeline.GetProperty("gaps").EnumerateArray().Any(gap => gap.GetProperty("reason").GetString() == "power-cut"))
                return $"does not name the power cut as the reason of a gap of channel {number}";
        }
        return null;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
