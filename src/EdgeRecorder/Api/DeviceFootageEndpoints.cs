using EdgeRecorder.Api.Security;
using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/devices/{id}/footage: what a device holds on its own storage, and bringing it in.</summary>
internal static class DeviceFootageEndpoints
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);
    private const long OverlapUs = 5_000_000;               // devices begin with the sync sample before

    public static void MapDeviceFootage(this IEndpointRouteBuilder routes)
    {
        var footage = routes.MapGroup("/devices/{id}/footage").WithTags("devices");
        footage.MapGet("", List).RequireAuthorization(Roles.Viewer);
        footage.MapPost("", Bring).RequireAuthorization(Roles.Operator);
        footage.MapGet("/requests", Requests).RequireAuthorization(Roles.Viewer);
        footage.MapGet("/requests/{request}", Request).RequireAuthorization(Roles.Viewer);
        footage.MapDelete("/requests/{request}", Cancel).RequireAuthorization(Roles.Operator);
    }

    private static async Task<Results<JsonHttpResult<StoredFootageView[]>, ProblemHttpResult>> List(
        string id, string? channel, string? from, string? to, DeviceCatalog catalog, DeviceProtocols protocols, CancellationToken stop)
    {
        if (catalog.Find(id) is not { } device || protocols.Of(device) is not { } protocol)
            return DeviceEndpoints.Unknown(id);
        if (Interval.Read(from, to, out var range) is { } wrong)
            return Problems.Bad(wrong);
        if (channel is not null && !protocol.IsChannel(channel))
            return Problems.Bad($"channel: \"{channel}\" is not one of that protocol");
        try
        {
            var found = await protocol.ListFootageAsync(device, channel, range.From, range.To, stop);
            return TypedResults.Json(found.Select(f => new StoredFootageView(f.Channel, f.From, f.To, f.Stream, f.Storage, f.Content, f.Bytes, [.. f.Alarms])).ToArray(), BoxJson.Default.StoredFootageViewArray);
        }
        catch (DeviceException e)
        {
            return DeviceEndpoints.Of(e);
        }
    }

    private static Results<Created<FootageRequestView>, ProblemHttpResult> Bring(
        string id, NewFootageRequest body, HttpContext context, DeviceCatalog catalog, DeviceProtocols protocols, FootageDesk desk, IRing ring, AuditStore audit)
    {
        if (catalog.Find(id) is not { } device || protocols.Of(device) is not { } protocol)
            return DeviceEndpoints.Unknown(id);
        if (!protocol.IsChannel(body.Channel))
            return Problems.Bad($"channel: \"{body.Channel}\" is not one of that protocol");
        if (body.To <= body.From)
            return Problems.Bad("to: is not after from");
        if (body.To - body.From > Longest)
            return Problems.Bad("to: is more than 24 h after from");
        if (body.Speed is < 1 or > 64)
            return Problems.Bad("speed: is not between 1 and 64");
        if (FootageEndpoints.ReadStream(body.Stream, out var stream, withDevice: false) is { } wrong)
            return Problems.Bad(wrong);
        if (device.State != Approval.Approved || protocol.Presence(device) is null)
            return Problems.Conflict(device.State != Approval.Approved ? "the device is not approved" : "the device is not connected");
        if (ring.ClockQuality == Media.ClockQuality.Unset)
            return Problems.Conflict("the box does not know the time, so footage of another time has no place yet");
        if (catalog.Channel(device, body.Channel) is not { } channel)
            return Problems.Conflict($"the key {device.Identity}_{body.Channel} is another channel's");
        var (fromUs, toUs) = (UtcTime.Us(body.From) + OverlapUs, UtcTime.Us(body.To) - OverlapUs);
        if (ring.Spans(new StreamKey(channel.Number, StreamKey.Device), fromUs, toUs) is [var there, ..])
            return Problems.Conflict($"footage from {UtcConverter.Write(UtcTime.At(there.FromUtcUs))} to {UtcConverter.Write(UtcTime.At(there.ToUtcUs))} is here already; ask for what is missing");
        var request = desk.Ask(channel, new FootageWish(body.From, body.To, stream, body.Audio ?? channel.Audio, (byte)(body.Speed ?? 0)), context.User.Identity?.Name ?? "");
        audit.Add(context, "device.footage", $"{id} {body.Channel} {UtcConverter.Write(body.From)} {UtcConverter.Write(body.To)}");
        return TypedResults.Created($"/api/v1/devices/{id}/footage/requests/{request.Id}", View(request));
    }

    private static Results<JsonHttpResult<FootageRequestView[]>, ProblemHttpResult> Requests(string id, DeviceCatalog catalog, FootageDesk desk)
        => catalog.Find(id) is { } device ? TypedResults.Json(desk.Of(device).Select(View).ToArray(), BoxJson.Default.FootageRequestViewArray) : DeviceEndpoints.Unknown(id);

    private static Results<JsonHttpResult<FootageRequestView>, ProblemHttpResult> Request(string id, string request, DeviceCatalog catalog, FootageDesk desk)
        => catalog.Find(id) is not { } device ? DeviceEndpoints.Unknown(id)
            : desk.Find(device, request) is { } found ? TypedResults.Json(View(found), BoxJson.Default.FootageRequestView) : Problems.NotFound($"no request {request}");

    private static Results<NoContent, ProblemHttpResult> Cancel(string id, string request, HttpContext context, DeviceCatalog catalog, FootageDesk desk, AuditStore audit)
    {
        if (catalog.Find(id) is not { } device)
            return DeviceEndpoints.Unknown(id);
        if (desk.Find(device, request) is not { } found)
            return Problems.NotFound($"no request {request}");
        if (desk.Cancel(found))
            audit.Add(context, "device.footage.cancel", request);
        return TypedResults.NoContent();
    }

    private static FootageRequestView View(FootageRequest r)
    {
        var reached = r.Take?.Reached;
        var share = reached is { } at ? Math.Clamp((at - r.Wish.From) / (r.Wish.To - r.Wish.From), 0, 1) : 0;
        return new(r.Id, r.Channel.Id, r.Wish.From, r.Wish.To, r.Wish.Stream == 1 ? "sub" : "main",
            r.State switch { FootageState.Waiting => "waiting", FootageState.Running => "running", FootageState.Done => "done", FootageState.Failed => "failed", _ => "cancelled" },
            r.Detail, r.State == FootageState.Done ? 1 : Math.Round(share, 3), reached, r.Take?.Bytes ?? 0, r.By, r.Asked);
    }
}

/// <param name="Channel">The device's own name of it.</param>
/// <param name="Stream">main or sub; empty where the device does not say.</param>
/// <param name="Alarms">Kinds of the alarms that fell into it.</param>
internal sealed record StoredFootageView(string Channel, DateTimeOffset From, DateTimeOffset To, string Stream, string Storage, string Content, long Bytes, string[] Alarms);

/// <param name="Channel">The device's own name of it.</param>
/// <param name="Speed">gb28181: so many times faster than it was filmed, 1 to 64; 4 when left out. Devices send as fast as they can and no faster.</param>
internal sealed record NewFootageRequest(string Channel, DateTimeOffset From, DateTimeOffset To, string? Stream = null, bool? Audio = null, int? Speed = null);

/// <param name="Channel">Id of the channel whose `stream=device` it becomes.</param>
/// <param name="State">waiting, running, done, failed or cancelled.</param>
/// <param name="Progress">0 to 1, by the time that was filmed.</param>
internal sealed record FootageRequestView(string Id, string Channel, DateTimeOffset From, DateTimeOffset To, string Stream, string State, string Detail, double Progress, DateTimeOffset? Reached, long Bytes, string By, DateTimeOffset Asked);
