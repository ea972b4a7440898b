using EdgeRecorder.Api.Security;
using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/devices/{id}/catalog: what a device says it has, which may be far more than becomes channels.</summary>
internal static class DeviceCatalogEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static void MapDeviceCatalog(this IEndpointRouteBuilder routes)
    {
        var catalog = routes.MapGroup("/devices/{id}/catalog").WithTags("devices");
        catalog.MapGet("", List).RequireAuthorization(Roles.Viewer);
        catalog.MapPost("", Ask).RequireAuthorization(Roles.Operator);
    }

    /// <summary>What it said last.</summary>
    private static Results<JsonHttpResult<CatalogEntryView[]>, ProblemHttpResult> List(string id, string? limit, string? after, bool? camera, HttpContext context, DeviceCatalog catalog, DeviceOffers offers)
    {
        if (Paging.ReadLimit(limit, out var count) is { } wrong)
            return Problems.Bad(wrong);
        if (catalog.Find(id) is not { } device)
            return DeviceEndpoints.Unknown(id);
        if (offers.Of(device) is not { } protocol)
            return Problems.Conflict($"devices of {device.Protocol} have no catalog");
        var entries = (protocol.Offer(device)?.Channels ?? []).Where(entry => camera is null || entry.IsCamera == camera).ToList();
        var from = after is null ? 0 : entries.FindIndex(entry => entry.Channel == after) + 1;
        if (after is not null && from == 0)
            return Problems.Bad($"after: no entry {after}");
        var ids = catalog.ChannelsOf(device).ToDictionary(channel => channel.DeviceChannel!, channel => channel.Id);
        var page = Paging.Page(context, entries.Skip(from), count, entry => entry.Channel);
        return TypedResults.Json(page.Select(e => new CatalogEntryView(e.Channel, e.Name, e.Manufacturer, e.Model, e.Parent, e.IsOnline, e.IsCamera, ids.GetValueOrDefault(e.Channel))).ToArray(),
            BoxJson.Default.CatalogEntryViewArray);
    }

    /// <summary>Asks the device now; cameras become channels as far as there is room.</summary>
    private static async Task<Results<JsonHttpResult<CatalogAnswerView>, ProblemHttpResult>> Ask(string id, DeviceCatalog catalog, DeviceOffers offers, TimeProvider time, CancellationToken stop)
    {
        if (catalog.Find(id) is not { } device)
            return DeviceEndpoints.Unknown(id);
        if (offers.Of(device) is not { } protocol)
            return Problems.Conflict($"devices of {device.Protocol} have no catalog");
        if (device.State != Approval.Approved)
            return Problems.Conflict($"the device is {DeviceStore.Words.Of(device.State)}");
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
        try
        {
            var offer = await protocol.AskOfferAsync(device, either.Token);
            return TypedResults.Json(new CatalogAnswerView(offer.Channels.Count, offer.Channels.Count(entry => entry.IsCamera), offer.Said, offer.IsComplete, offer.At), BoxJson.Default.CatalogAnswerView);
        }
        catch (DeviceException e)
        {
            return DeviceEndpoints.Of(e);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return Problems.Of(StatusCodes.Status504GatewayTimeout, "the catalog is longer than two minutes; what came is kept when it ends");
        }
    }
}

/// <summary>An entry of a device's catalog.</summary>
/// <param name="Channel">As the device calls it.</param>
/// <param name="Online">Null where it does not say.</param>
/// <param name="Id">Of the channel that it is here; null: it is none.</param>
internal sealed record CatalogEntryView(string Channel, string Name, string Manufacturer, string Model, string Parent, bool? Online, bool Camera, string? Id);

/// <param name="Said">How many entries the device says there are.</param>
/// <param name="Complete">As many came.</param>
internal sealed record CatalogAnswerView(int Entries, int Cameras, int Said, bool Complete, DateTimeOffset At);
