import register from "./1_register.graphql?raw";
import signIn from "./2_sign_in.graphql?raw";
import searchHotels from "./3_search_hotels.graphql?raw";
import hotelWithOffers from "./4_hotel_with_offers.graphql?raw";
import quote from "./5_quote.graphql?raw";
import book from "./6_book.graphql?raw";
import pay from "./7_pay.graphql?raw";
import followBooking from "./8_follow_booking.graphql?raw";
import notifications from "./9_notifications.graphql?raw";
import lookBack from "./10_look_back.graphql?raw";
import { FRESH, stayNextMonth } from "../steps/stay";
import type { Step } from "../steps/step";

const stay = stayNextMonth();
const rooms = [{ adults: 2, childrenAges: [] }];
const newcomer = `guest-${FRESH}@innkeeper.example`;

export const STEPS: Step[] = [
  {
    operation: "Register",
    title: "Register",
    document: register,
    variables: { input: { email: newcomer, password: "innkeeper-demo", name: "Ada Guest", role: "GUEST" } },
    learns: { email: "variables.input.email", password: "variables.input.password" },
  },
  {
    operation: "SignIn",
    title: "Sign in",
    document: signIn,
    variables: { input: { email: "guest@innkeeper.example", password: "innkeeper-demo" } },
    fills: { "input.email": "{email}", "input.password": "{password}" },
  },
  {
    operation: "SearchHotels",
    title: "Search hotels",
    document: searchHotels,
    variables: { input: { place: { city: "Paris" }, ...stay, rooms } },
    learns: {
      hotelId: "data.searchHotels.nodes.0.hotel.id",
      roomTypeId: "data.searchHotels.nodes.0.roomType.id",
      ratePlanId: "data.searchHotels.nodes.0.ratePlan.id",
    },
  },
  {
    operation: "HotelWithOffers",
    title: "Hotel with offers",
    document: hotelWithOffers,
    variables: { hotelId: "", ...stay, rooms },
    fills: { hotelId: "{hotelId}" },
    learns: {
      hotelId: "data.hotel.id",
      roomTypeId: "data.hotel.offers.0.roomType.id",
      ratePlanId: "data.hotel.offers.0.ratePlan.id",
    },
  },
  {
    operation: "Quote",
    title: "Get a quote",
    document: quote,
    variables: { input: { hotelId: "", ...stay, rooms: [{ roomTypeId: "", ratePlanId: "", adults: 2, childrenAges: [] }] } },
    fills: {
      "input.hotelId": "{hotelId}",
      "input.rooms.0.roomTypeId": "{roomTypeId}",
      "input.rooms.0.ratePlanId": "{ratePlanId}",
    },
    learns: { quoteId: "data.quoteCreate.id" },
  },
  {
    operation: "Book",
    title: "Book",
    document: book,
    variables: {
      input: {
        quoteId: "",
        idempotencyKey: "",
        guest: { name: "Ada Guest", email: "guest@innkeeper.example", phone: "+33 1 70 00 00 00" },
        specialRequests: "A quiet room, please.",
        arrivalTime: "18:00",
      },
    },
    fills: { "input.quoteId": "{quoteId}", "input.idempotencyKey": "book-{quoteId}", "input.guest.email": "{email}" },
    learns: { bookingId: "data.bookingCreate.booking.id" },
  },
  {
    operation: "Pay",
    title: "Pay",
    document: pay,
    variables: { input: { bookingId: "", idempotencyKey: "" } },
    fills: { "input.bookingId": "{bookingId}", "input.idempotencyKey": "pay-{bookingId}" },
    learns: { checkoutUrl: "data.paymentCreate.checkoutUrl" },
  },
  {
    operation: "FollowBooking",
    title: "Follow the booking",
    document: followBooking,
    variables: { bookingId: "" },
    fills: { bookingId: "{bookingId}" },
  },
  { operation: "Notifications", title: "Notifications", document: notifications, variables: {} },
  {
    operation: "LookBack",
    title: "Look back",
    document: lookBack,
    variables: { bookingId: "" },
    fills: { bookingId: "{bookingId}" },
  },
];
